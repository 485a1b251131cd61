package dev.adit.tunnel.examples.quickstart;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** As much of HTTP/1.1 as {@link DemoPage} needs to find where a request ends. */
final class RequestHead {

    private static final int LONGEST_LINE = 128 * 1024;

    private RequestHead() {}

    /** Returns the request line and the header lines; nothing if the other side has ended. */
    static List<String> read(InputStream in) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            lines.add(line);
        }
        return lines;
    }

    /** Returns the value of the first field of that name, in lower case; empty if there is none. */
    static String field(List<String> head, String name) {
        return head.stream()
                .skip(1)
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip().toLowerCase(Locale.ROOT))
                .findFirst()
                .orElse("");
    }

    /** Reads the body and returns its size. */
    static long skipBody(List<String> head, InputStream in) throws IOException {
        if (!field(head, "transfer-encoding").contains("chunked")) {
            String length = field(head, "content-length");
            long size = length.isEmpty() ? 0 : Long.parseLong(length);
            in.skipNBytes(size);
            return size;
        }
        long size = 0;
        for (int chunk = chunkSize(in); chunk > 0; chunk = chunkSize(in)) {
            in.skipNBytes(chunk);
            line(in);
            size += chunk;
        }
        read(in);
        return size;
    }

    private static int chunkSize(InputStream in) throws IOException {
        return Integer.parseInt(line(in).split(";", 2)[0].strip(), 16);
    }

    /** Returns a line without its end, an octet a character; empty at the end of the stream. */
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0 && line.length() == 0) {
                return "";
            }
            if (octet < 0 || line.length() > LONGEST_LINE) {
                throw new EOFException("The line does not end.");
            }
            if (octet != '\r') {
                line.append((char) octet);
            }
        }
        return line.toString();
    }
}
