package dev.adit.tunnel.netty.pair;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A visitor on a plain socket: what it sends is what the test says, byte for byte. */
public final class Visitor implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 30_000;

    private final Socket socket;
    private final InputStream in;

    /** One response. */
    public record Response(int status, List<String> headers, byte[] body) {

        public String header(String name) {
            String start = name.toLowerCase(Locale.ROOT) + ":";
            return headers.stream()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
                    .map(line -> line.substring(start.length()).strip())
                    .findFirst()
                    .orElse("");
        }

        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    public Visitor(InetSocketAddress edge) throws IOException {
        socket = new Socket(edge.getAddress(), edge.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** One GET on a connection of its own. */
    public static Response get(InetSocketAddress edge, String host, String target) throws IOException {
        try (Visitor visitor = new Visitor(edge)) {
            visitor.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
            return visitor.read();
        }
    }

    /** Sends characters as octets. */
    public void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public void send(byte[] bytes) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(bytes);
        out.flush();
    }

    /** Reads one response, its body by its framing. */
    public Response read() throws IOException {
        return read(false);
    }

    /** Reads one response; after HEAD there is no body. */
    public Response read(boolean afterHead) throws IOException {
        String statusLine = line();
        int status = Integer.parseInt(statusLine.split(" ", 3)[1]);
        List<String> headers = new ArrayList<>();
        for (String header = line(); !header.isEmpty(); header = line()) {
            headers.add(header);
        }
        Response head = new Response(status, headers, new byte[0]);
        if (afterHead || status < 200 || status == 204 || status == 304) {
            return head;
        }
        byte[] body;
        if (head.header("transfer-encoding").equalsIgnoreCase("chunked")) {
            body = chunked();
        } else if (!head.header("content-length").isEmpty()) {
            body = exactly(Integer.parseInt(head.header("content-length")));
        } else {
            body = in.readAllBytes();
        }
        return new Response(status, headers, body);
    }

    /** Reads a line of head or chunk, without its end. */
    public String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0) {
                throw new IOException("The connection ended within a line: " + line);
            }
            if (octet != '\r') {
                line.write(octet);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    public byte[] exactly(int bytes) throws IOException {
        byte[] read = in.readNBytes(bytes);
        if (read.length < bytes) {
            throw new IOException("The body ended after " + read.length + " of " + bytes + " bytes");
        }
        return read;
    }

    public byte[] rest() throws IOException {
        return in.readAllBytes();
    }

    private byte[] chunked() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
            body.write(exactly(size));
            line();
        }
        while (!line().isEmpty()) {
            // Trailers.
        }
        return body.toByteArray();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
