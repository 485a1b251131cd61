package dev.adit.tunnel.netty.wire;

/** What strangers say about themselves, made fit for one line of a log. */
public final class LogText {

    private static final int MAX = 256;

    private LogText() {}

    /**
     * Cuts the text to 256 characters and replaces everything but printable ASCII.
     *
     * @param text from a visitor, a peer or an origin
     * @return fit for one line
     */
    public static String safe(String text) {
        StringBuilder out = new StringBuilder(Math.min(text.length(), MAX));
        for (int i = 0; i < text.length() && i < MAX; i++) {
            char c = text.charAt(i);
            out.append(c >= ' ' && c < 127 ? c : '?');
        }
        return out.toString();
    }
}
