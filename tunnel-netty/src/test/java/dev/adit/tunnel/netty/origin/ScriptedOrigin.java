package dev.adit.tunnel.netty.origin;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;

/** An HTTP/1.1 origin that does on each connection just what a script says: bytes in, bytes out, over plain sockets. */
final class ScriptedOrigin implements AutoCloseable {

    /** What happens on one connection; the socket is closed when it returns. */
    @FunctionalInterface
    interface Script {
        void play(Peer peer) throws Exception;
    }

    private final ServerSocket server;
    private final Script script;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> notes = new LinkedBlockingQueue<>();

    ScriptedOrigin(Script script) throws IOException {
        this(InetAddress.getByName("127.0.0.1"), ServerSocketFactory.getDefault(), script);
    }

    ScriptedOrigin(InetAddress address, ServerSocketFactory sockets, Script script) throws IOException {
        this.script = script;
        server = sockets.createServerSocket(0, 50, address);
        Thread thread = new Thread(this::accept, "scripted-origin");
        thread.setDaemon(true);
        thread.start();
    }

    /** Answers every request on every connection with the same bytes. */
    static ScriptedOrigin always(String response) throws IOException {
        return new ScriptedOrigin(peer -> {
            while (true) {
                peer.note(peer.message());
                peer.write(response);
            }
        });
    }

    int port() {
        return server.getLocalPort();
    }

    int connections() {
        return connections.get();
    }

    /** Whether a script noted something that was not read yet. */
    boolean hasNote() {
        return !notes.isEmpty();
    }

    /** Waits for what a script noted. */
    String note() throws InterruptedException {
        String note = notes.poll(20, TimeUnit.SECONDS);
        if (note == null) {
            throw new AssertionError("the origin noted nothing; failures: " + failures);
        }
        return note;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                sockets.add(socket);
                Peer peer = new Peer(socket, connections.incrementAndGet());
                Thread thread = new Thread(() -> play(peer), "scripted-origin-connection");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                return;
            }
        }
    }

    private void play(Peer peer) {
        try (Socket socket = peer.socket) {
            script.play(peer);
        } catch (EOFException | SocketException e) {
            // the other side ended; scripts that mind note it
        } catch (Exception | AssertionError e) {
            failures.add(e);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    /** One connection. Texts are ISO-8859-1. */
    final class Peer {
        private final Socket socket;
        private final int number;
        private final InputStream in;

        Peer(Socket socket, int number) throws IOException {
            this.socket = socket;
            this.number = number;
            in = socket.getInputStream();
        }

        /** The how-manieth connection this is, from 1. */
        int number() {
            return number;
        }

        void note(String text) {
            notes.add(text);
        }

        Socket socket() {
            return socket;
        }

        /** Reads up to and with the empty line. */
        String head() throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.length() < 4 || head.indexOf("\r\n\r\n", head.length() - 4) < 0) {
                head.append(read(1));
            }
            return head.toString();
        }

        String read(int bytes) throws IOException {
            byte[] data = in.readNBytes(bytes);
            if (data.length < bytes) {
                throw new EOFException("after " + data.length + " of " + bytes);
            }
            return new String(data, StandardCharsets.ISO_8859_1);
        }

        /** Reads a head and the body that it announces, as it stands on the wire. */
        String message() throws IOException {
            String head = head();
            String lower = head.toLowerCase(Locale.ROOT);
            int length = lower.indexOf("\r\ncontent-length: ");
            if (length >= 0) {
                int from = length + 18;
                return head + read(Integer.parseInt(lower.substring(from, lower.indexOf('\r', from))));
            }
            return lower.contains("\r\ntransfer-encoding: chunked") ? head + chunks() : head;
        }

        private String chunks() throws IOException {
            StringBuilder all = new StringBuilder();
            while (true) {
                String line = line();
                all.append(line);
                int size = Integer.parseInt(line.trim(), 16);
                if (size == 0) {
                    String trailer;
                    do {
                        trailer = line();
                        all.append(trailer);
                    } while (!trailer.equals("\r\n"));
                    return all.toString();
                }
                all.append(read(size + 2));
            }
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            while (!line.toString().endsWith("\r\n")) {
                line.append(read(1));
            }
            return line.toString();
        }

        void write(String text) throws IOException {
            write(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        void write(byte[] data) throws IOException {
            socket.getOutputStream().write(data);
            socket.getOutputStream().flush();
        }

        /** Reads whatever comes until the other side ends; tells how it ended. */
        String untilEnd() {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            try {
                in.transferTo(all);
            } catch (IOException e) {
                return all.toString(StandardCharsets.ISO_8859_1) + "!" + "reset";
            }
            return all.toString(StandardCharsets.ISO_8859_1);
        }

        /** Ends with a reset instead of an end. */
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }
}
