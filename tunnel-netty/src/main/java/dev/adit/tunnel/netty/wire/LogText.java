package dev.adit.tunnel.netty.wire;

/** What strangers say about themselves, made fit for one line of a log. */
public final class LogText {

    private static final int MAX = 256;
    private static final int MAX_LINE = 1000;

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

    /**
     * Cuts a message of ours, which may quote what strangers sent, to 1,000 characters, and replaces what ends a line or
     * changes how the rest of it is shown.
     *
     * @param message for people
     * @return fit for one line
     */
    public static String line(String message) {
        String shown = message.length() > MAX_LINE ? message.substring(0, MAX_LINE) + "…" : message;
        return shown.codePoints()
                .map(c -> isOfALine(c) ? c : '?')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static boolean isOfALine(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> false;
            default -> true;
        };
    }
}
