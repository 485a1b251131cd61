package dev.adit.tunnel;

/**
 * Something about rules that is allowed and may still surprise. See {@link Ingress#lint()}.
 *
 * @param code what it is about; the names are stable
 * @param ruleIndex which rule, counted from 0; -1 for the configuration as a whole
 * @param line where in the file, counted from 1; 0 if it is not known or there is no file
 * @param message fact, reason and what to do, for people
 */
public record IngressWarning(Code code, int ruleIndex, int line, String message) {

    /** What a warning is about. */
    public enum Code {
        /** The host name has capital letters: cloudflared compares them as they are, we do not. */
        HOST_CASE,
        /** A wildcard below a name that is not ASCII: it never matches a real request in cloudflared, it does here. */
        WILDCARD_IDN,
        /** A host name with a character that old and new IDNA turn into different names. */
        HOST_AMBIGUOUS,
        /** A global {@code access} block: cloudflared enforces it nowhere, we do everywhere. */
        GLOBAL_ACCESS,
        /** The rule asks for Access tokens, but names no team or no application, so every request is refused. */
        ACCESS_INCOMPLETE,
        /** A key that nothing reads. */
        UNUSED_KEY,
        /** The rule can never match. */
        NEVER_MATCHES,
        /** The rule matches, but its origin can never be reached. */
        NEVER_REACHED,
        /** Certificates are not verified. */
        NO_TLS_VERIFY,
        /** A setting without effect, in cloudflared and here. */
        NO_EFFECT,
        /** A destination list that is empty, so that everything is refused, or that stands where it is not looked at. */
        IP_RULES,
        /** An origin setting has another value here than the file says, for a reason that the message gives. */
        CHANGED_SETTING
    }

    @Override
    public String toString() {
        return (ruleIndex < 0 ? "" : "rule " + ruleIndex + (line > 0 ? ", line " + line : "") + ": ")
                + (ruleIndex < 0 && line > 0 ? "line " + line + ": " : "")
                + message;
    }
}
