package dev.adit.tunnel.netty.connector.serve;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The paths that an origin may take a request's path for: servers differ in whether they resolve dot segments, join
 * slashes, decode {@code %2F}, take {@code \} for {@code /} and drop parameters behind {@code ;}. A rule's path expression
 * sees the path as it was sent, so where a check hangs on it, the other readings have to lead to the same check.
 */
final class PathReadings {

    private PathReadings() {}

    /**
     * Finds the readings that differ from the path as it was sent.
     *
     * @param target path and query as sent
     * @return paths to match rules with; empty for most paths
     */
    static Set<String> others(String target) {
        int query = target.indexOf('?');
        String path = query < 0 ? target : target.substring(0, query);
        if (!isAmbiguous(path)) {
            return Set.of();
        }
        Set<String> readings = new LinkedHashSet<>();
        String decoded = decoded(path);
        for (String spelling : List.of(path, decoded)) {
            readings.add(plain(spelling, false));
            readings.add(plain(spelling, true));
        }
        readings.remove(path);
        return readings;
    }

    private static boolean isAmbiguous(String path) {
        char before = 0;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            boolean joins = before == '/' && (c == '/' || c == '.');
            if (c == '%' || c == ';' || c == '\\' || joins) {
                return true;
            }
            before = c;
        }
        return false;
    }

    /** Resolves dot segments, drops parameters, and joins slashes or leaves them. */
    private static String plain(String path, boolean joinSlashes) {
        List<String> segments = new ArrayList<>();
        boolean directory = false;
        for (String segment : path.replace('\\', '/').substring(1).split("/", -1)) {
            int parameters = segment.indexOf(';');
            String name = parameters < 0 ? segment : segment.substring(0, parameters);
            String meaning = decoded(name);
            directory = meaning.isEmpty() || meaning.equals(".") || meaning.equals("..");
            if (meaning.equals("..")) {
                if (!segments.isEmpty()) {
                    segments.remove(segments.size() - 1);
                }
            } else if (!meaning.equals(".") && !(meaning.isEmpty() && joinSlashes)) {
                segments.add(name);
            }
        }
        String joined = "/" + String.join("/", segments);
        boolean endsSo = joined.endsWith("/");
        // A question mark that was encoded is part of the path; the matcher would take it for the query's.
        return (directory && !endsSo ? joined + "/" : joined).replace("?", "%3F");
    }

    private static String decoded(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        int length = 0;
        for (int i = 0; i < octets.length; i++) {
            int high = octets[i] == '%' && i + 2 < octets.length ? Character.digit(octets[i + 1], 16) : -1;
            int low = high < 0 ? -1 : Character.digit(octets[i + 2], 16);
            octets[length++] = low < 0 ? octets[i] : (byte) ((high << 4) | low);
            i += low < 0 ? 0 : 2;
        }
        return new String(octets, 0, length, StandardCharsets.ISO_8859_1);
    }
}
