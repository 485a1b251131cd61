package dev.adit.tunnel.netty.visitor;

import dev.adit.tunnel.netty.wire.websocket.AcceptKey;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A host whose answer to the first visitor is what the test says, byte for byte. */
final class ScriptedHost implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 30;

    /** What the host does with its visitor. */
    @FunctionalInterface
    interface Script {
        void play(Visit visit) throws IOException;
    }

    /** One visitor's connection, its request read. */
    record Visit(Socket socket, InputStream in, OutputStream out, String request) {

        String header(String name) {
            for (String line : request.split("\r\n", -1)) {
                if (line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":")) {
                    return line.substring(name.length() + 1).strip();
                }
            }
            return "";
        }

        void send(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        String upgrade(String... more) {
            return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: " + AcceptKey.of(header("Sec-WebSocket-Key")) + "\r\n"
                    + String.join("", more) + "\r\n";
        }

        void sendHex(String hex) throws IOException {
            out.write(HexFormat.of().parseHex(hex));
        }

        /** Reads one frame of a client and returns its first octet and its payload, unmasked. */
        String frame() throws IOException {
            int first = in.read();
            int second = in.read();
            if (second < 0x80) {
                throw new IOException("Not masked: " + first + " " + second);
            }
            int length = second & 0x7F;
            if (length == 126) {
                length = in.read() << 8 | in.read();
            } else if (length == 127) {
                throw new IOException("A message of 64 KiB or more");
            }
            byte[] mask = in.readNBytes(4);
            byte[] payload = in.readNBytes(length);
            for (int i = 0; i < payload.length; i++) {
                payload[i] ^= mask[i % 4];
            }
            return Integer.toHexString(first) + " " + new String(payload, StandardCharsets.ISO_8859_1);
        }
    }

    private final ServerSocket listener = new ServerSocket(0, 8, InetAddress.getByName("127.0.0.1"));
    private final CompletableFuture<String> played = new CompletableFuture<>();

    ScriptedHost(Script script) throws IOException {
        Thread thread = new Thread(() -> play(script), "scripted-host");
        thread.setDaemon(true);
        thread.start();
    }

    private void play(Script script) {
        try (Socket socket = listener.accept()) {
            socket.setSoTimeout(PATIENCE_SECONDS * 1000);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int octet = in.read();
                if (octet < 0) {
                    throw new IOException("No request: " + head);
                }
                head.append((char) octet);
            }
            script.play(new Visit(socket, in, socket.getOutputStream(), head.toString()));
            played.complete(head.toString());
        } catch (Throwable e) {
            played.completeExceptionally(e);
        }
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/");
    }

    /** Waits until the script has been played and returns the request. */
    String request() throws InterruptedException, ExecutionException, TimeoutException {
        return played.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
