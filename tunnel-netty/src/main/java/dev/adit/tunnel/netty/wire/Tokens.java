package dev.adit.tunnel.netty.wire;

/** What may stand in a method, a header's name and a header's value (RFC 9110 sections 5.1, 5.5 and 5.6.2). */
public final class Tokens {

    private static final String SYMBOLS = "!#$%&'*+-.^_`|~";
    private static final boolean[] TOKEN = new boolean[128];

    static {
        for (int c = 0; c < TOKEN.length; c++) {
            TOKEN[c] = (c >= '0' && c <= '9')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= 'a' && c <= 'z')
                    || SYMBOLS.indexOf(c) >= 0;
        }
    }

    private Tokens() {}

    /**
     * Tells whether a method or a name is a token.
     *
     * @param text any text
     * @return false also for the empty one
     */
    public static boolean isToken(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            if (!isTokenOctet(text.charAt(i))) {
                return false;
            }
        }
        return text.length() > 0;
    }

    static boolean isTokenOctet(int octet) {
        return octet >= 0 && octet < TOKEN.length && TOKEN[octet];
    }

    /**
     * Tells whether a value can be written on one line: it may hold any octets but those that end a line or a string.
     *
     * @param text a character stands for an octet
     * @return false also for characters that are no octet
     */
    public static boolean isFieldValue(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\r' || c == '\n' || c == 0 || c > 0xFF) {
                return false;
            }
        }
        return true;
    }
}
