package dev.adit.tunnel.netty.edge;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A visitor that sends exactly the octets it is given (one for each character) and reads one response at a time. */
final class RawVisitor implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 20_000;

    final Socket socket = new Socket();
    private final InputStream in;
    private final OutputStream out;

    RawVisitor(InetSocketAddress address) throws IOException {
        this(address, 0);
    }

    RawVisitor(InetSocketAddress address, int receiveBuffer) throws IOException {
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.connect(address, PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    RawVisitor send(String octets) throws IOException {
        return send(octets.getBytes(StandardCharsets.ISO_8859_1));
    }

    RawVisitor send(byte[] octets) throws IOException {
        out.write(octets);
        out.flush();
        return this;
    }

    /**
     * A response.
     *
     * @param status from the status line
     * @param headers lower-case names; several values joined by "|"
     * @param body without chunk framing
     * @param trailers of a chunked body
     * @param complete whether it ended as its framing says
     */
    record Response(
            int status, Map<String, String> headers, String body, Map<String, String> trailers, boolean complete) {
        @Nullable
        String header(String name) {
            return headers.get(name);
        }
    }

    Response response() throws IOException {
        return response(false);
    }

    Response response(boolean toHead) throws IOException {
        String line = line();
        if (line == null) {
            throw new IOException("closed before a response");
        }
        int status = Integer.parseInt(line.substring(9, 12));
        Map<String, String> headers = fields();
        boolean none = toHead || status < 200 || status == 204 || status == 304;
        String length = headers.get("content-length");
        if (none) {
            return new Response(status, headers, "", Map.of(), true);
        } else if (headers.containsKey("transfer-encoding")) {
            return chunked(status, headers);
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        long wanted = length == null ? Long.MAX_VALUE : Long.parseLong(length);
        for (int octet; body.size() < wanted && (octet = in.read()) >= 0; ) {
            body.write(octet);
        }
        boolean complete = length == null || body.size() == wanted;
        return new Response(status, headers, body.toString(StandardCharsets.ISO_8859_1), Map.of(), complete);
    }

    private Response chunked(int status, Map<String, String> headers) throws IOException {
        StringBuilder body = new StringBuilder();
        for (String size = line(); size != null; size = line()) {
            int length = Integer.parseInt(size, 16);
            if (length == 0) {
                return new Response(status, headers, body.toString(), fields(), true);
            }
            byte[] chunk = in.readNBytes(length);
            body.append(new String(chunk, StandardCharsets.ISO_8859_1));
            if (chunk.length < length || line() == null) {
                break;
            }
        }
        return new Response(status, headers, body.toString(), Map.of(), false);
    }

    private Map<String, String> fields() throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String line = line(); line != null && !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            fields.merge(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).trim(),
                    (one, other) -> one + "|" + other);
        }
        return fields;
    }

    /** A line without its end, null at the end of the connection. */
    @Nullable
    String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = in.read(); octet >= 0; octet = in.read()) {
            if (octet == '\n') {
                return line.toString(StandardCharsets.ISO_8859_1).replace("\r", "");
            }
            line.write(octet);
        }
        return null;
    }

    String read(int octets) throws IOException {
        return new String(in.readNBytes(octets), StandardCharsets.ISO_8859_1);
    }

    /** Whether the edge has closed its side, after everything before was read. */
    boolean isAtEnd() throws IOException {
        try {
            return in.read() < 0;
        } catch (java.net.SocketException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
