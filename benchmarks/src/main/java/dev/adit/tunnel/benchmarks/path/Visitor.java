package dev.adit.tunnel.benchmarks.path;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A visitor on a keep-alive HTTP/1.1 socket that does as little as it can: its share of the processors is part of what is
 * measured. For one thread.
 */
final class Visitor implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 30_000;
    private static final byte[] CONTENT_LENGTH = "\ncontent-length:".getBytes(StandardCharsets.US_ASCII);

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] request;
    private final byte[] buffer = new byte[64 * 1024];
    private final Answer expected;

    /**
     * Connects.
     *
     * @param server whom to ask
     * @param authority what to say as Host
     * @param expected the only answer that is accepted
     * @throws IOException if it cannot connect
     */
    Visitor(InetSocketAddress server, String authority, Answer expected) throws IOException {
        this.expected = expected;
        request = ("GET /index.html HTTP/1.1\r\nHost: " + authority
                        + "\r\nUser-Agent: benchmark\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        socket = new Socket(server.getAddress(), server.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        in = socket.getInputStream();
        out = socket.getOutputStream();
    }

    /**
     * One request and its whole answer.
     *
     * @return the body's length
     * @throws IOException if the answer is not the expected one
     */
    int get() throws IOException {
        out.write(request);
        int filled = 0;
        int headEnd = -1;
        while (headEnd < 0) {
            int from = Math.max(0, filled - 3);
            filled += read(filled);
            headEnd = endOfHead(from, filled);
        }
        int status = number(9);
        int length = expected.bodyBytes() == 0 ? 0 : contentLength(headEnd);
        int received = filled - headEnd;
        while (received < length) {
            received += read(0);
        }
        if (status != expected.status() || length != expected.bodyBytes() || received != length) {
            throw new IOException("The answer has status " + status + " and " + received + " of " + length
                    + " bytes (expected: " + expected.status() + " and " + expected.bodyBytes() + ")");
        }
        return received;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private int read(int at) throws IOException {
        int count = at == buffer.length ? 0 : in.read(buffer, at, buffer.length - at);
        if (count <= 0) {
            throw new IOException("The connection ended within an answer, or its head is over 64 KiB.");
        }
        return count;
    }

    private int endOfHead(int from, int to) {
        for (int i = from; i + 3 < to; i++) {
            if (buffer[i] == '\r' && buffer[i + 1] == '\n' && buffer[i + 2] == '\r' && buffer[i + 3] == '\n') {
                return i + 4;
            }
        }
        return -1;
    }

    private int contentLength(int headEnd) throws IOException {
        for (int i = 0; i + CONTENT_LENGTH.length < headEnd; i++) {
            if (buffer[i] == '\n' && isContentLength(i)) {
                int at = i + CONTENT_LENGTH.length;
                while (buffer[at] == ' ') {
                    at++;
                }
                return number(at);
            }
        }
        throw new IOException(
                "The answer has no Content-Length: " + new String(buffer, 0, headEnd, StandardCharsets.ISO_8859_1));
    }

    private boolean isContentLength(int at) {
        for (int i = 1; i < CONTENT_LENGTH.length; i++) {
            int octet = buffer[at + i];
            int lower = octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
            if (lower != CONTENT_LENGTH[i]) {
                return false;
            }
        }
        return true;
    }

    private int number(int at) {
        int value = 0;
        for (int i = at; buffer[i] >= '0' && buffer[i] <= '9'; i++) {
            value = value * 10 + buffer[i] - '0';
        }
        return value;
    }
}
