package dev.adit.tunnel;

/** A list of ingress rules, or one of its rules, is not valid. */
public final class IngressException extends TunnelException {

    private static final long serialVersionUID = 1L;

    /** What is wrong; the names are stable. */
    public enum Code {
        /** There is no rule. */
        NO_RULES,
        /** The last rule does not match every request. */
        LAST_RULE_NOT_CATCH_ALL,
        /** A rule before the last matches every request, so that those behind it never match. */
        CATCH_ALL_NOT_LAST,
        /** A hostname has a port. */
        HOSTNAME_HAS_PORT,
        /** A hostname has a wildcard elsewhere than as its whole first label. */
        HOSTNAME_BAD_WILDCARD,
        /** A hostname is not a valid DNS name, also after conversion to A-labels. */
        HOSTNAME_INVALID,
        /** A path is not a valid RE2 expression. */
        PATH_INVALID,
        /** A service is neither a URL without path nor one of the words that stand for a service. */
        SERVICE_INVALID,
        /** An {@code access} block cannot be enforced. */
        ACCESS_INVALID,
        /** An entry of {@code ipRules} is no network, or has a port that does not exist. */
        IP_RULE_INVALID,
        /** A value in {@code originRequest} is out of its range. */
        OPTION_INVALID,
        /** The rule asks for Access tokens, and the library that checks them is missing. */
        ACCESS_LIBRARY_MISSING
    }

    /** As {@link #ruleIndex()} gives it. */
    private final int ruleIndex;
    /** As {@link #code()} gives it. */
    private final Code code;

    /**
     * Makes one.
     *
     * @param ruleIndex which rule, counted from 0; -1 for the list as a whole
     * @param code what is wrong
     * @param message fact, cause and next step
     */
    public IngressException(int ruleIndex, Code code, String message) {
        super(message);
        this.ruleIndex = ruleIndex;
        this.code = code;
    }

    /**
     * Returns which rule is wrong.
     *
     * @return its index counted from 0, or -1 for the list as a whole
     */
    public int ruleIndex() {
        return ruleIndex;
    }

    /**
     * Returns what is wrong.
     *
     * @return a stable code
     */
    public Code code() {
        return code;
    }
}
