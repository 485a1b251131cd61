package dev.adit.tunnel;

/** How rules from a configuration are read. Both modes refuse the same files with the same texts. */
public enum RuleMode {
    /**
     * Our rules, the default: host names are compared without regard to case and by their A-labels, also those with a
     * wildcard; a trailing dot counts for nothing; an {@code access} block in the global {@code originRequest} is
     * enforced for every rule that has none of its own.
     */
    STANDARD,
    /**
     * cloudflared's matching to the letter: host names are compared octet by octet, besides by the A-labels of names
     * without wildcard; an {@code access} block is enforced only where a rule has it itself.
     */
    COMPATIBLE
}
