package dev.adit.tunnel.netty.pair;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A proxy as companies have them, on plain sockets: HTTP CONNECT or SOCKS5, with or without credentials. */
public final class ForwardProxy implements AutoCloseable {

    private static final int SOCKS5 = 5;
    private static final int BY_PASSWORD = 2;
    private static final int NAME = 3;
    private static final int SOCKS_REFUSED = 2;

    private final ServerSocket listener;
    private final boolean socks;
    private final @Nullable String user;
    private final String password;
    private final Map<String, InetSocketAddress> names = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    private ForwardProxy(boolean socks, @Nullable String user, String password) throws IOException {
        this.socks = socks;
        this.user = user;
        this.password = password;
        this.listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        daemon(this::accept);
    }

    public static ForwardProxy http() throws IOException {
        return new ForwardProxy(false, null, "");
    }

    public static ForwardProxy http(String user, String password) throws IOException {
        return new ForwardProxy(false, user, password);
    }

    public static ForwardProxy socks5() throws IOException {
        return new ForwardProxy(true, null, "");
    }

    public static ForwardProxy socks5(String user, String password) throws IOException {
        return new ForwardProxy(true, user, password);
    }

    /** Lets a name through, to this address; everything else is refused. */
    public void knows(String name, InetSocketAddress address) {
        names.put(name, address);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** What connections to were asked for, as host:port. */
    public List<String> asked() {
        return asked;
    }

    /** Closes every connection through it; new ones are taken. */
    public void cut() throws IOException {
        for (Socket socket : open) {
            socket.close();
        }
        open.clear();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        cut();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket near = listener.accept();
                near.setTcpNoDelay(true);
                open.add(near);
                daemon(() -> serve(near));
            } catch (IOException e) {
                // Closed.
            }
        }
    }

    private void serve(Socket near) {
        try {
            InetSocketAddress to = socks ? socksTarget(near) : httpTarget(near);
            if (to == null) {
                near.close();
                return;
            }
            Socket far = new Socket(to.getAddress(), to.getPort());
            far.setTcpNoDelay(true);
            open.add(far);
            near.getOutputStream()
                    .write(
                            socks
                                    ? new byte[] {SOCKS5, 0, 0, 1, 0, 0, 0, 0, 0, 0}
                                    : "HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            daemon(() -> relay(near, far));
            relay(far, near);
        } catch (IOException e) {
            close(near);
        }
    }

    private @Nullable InetSocketAddress httpTarget(Socket near) throws IOException {
        String request = line(near.getInputStream());
        String credentials = "";
        for (String header = line(near.getInputStream()); !header.isEmpty(); header = line(near.getInputStream())) {
            if (header.toLowerCase(java.util.Locale.ROOT).startsWith("proxy-authorization: basic ")) {
                credentials = new String(
                        Base64.getDecoder().decode(header.substring("proxy-authorization: basic ".length())),
                        StandardCharsets.UTF_8);
            }
        }
        String target = request.split(" ", -1)[1];
        InetSocketAddress known = names.get(target);
        String refusal = user != null && !credentials.equals(user + ":" + password)
                ? "407 Proxy Authentication Required"
                : !request.startsWith("CONNECT ") || known == null ? "403 Forbidden" : "";
        asked.add(target);
        if (!refusal.isEmpty()) {
            near.getOutputStream()
                    .write(("HTTP/1.1 " + refusal + "\r\nContent-Length: 0\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return null;
        }
        return known;
    }

    private @Nullable InetSocketAddress socksTarget(Socket near) throws IOException {
        DataInputStream in = new DataInputStream(near.getInputStream());
        OutputStream out = near.getOutputStream();
        in.readUnsignedByte();
        byte[] methods = in.readNBytes(in.readUnsignedByte());
        if (user != null) {
            boolean offered = new String(methods, StandardCharsets.ISO_8859_1).indexOf(BY_PASSWORD) >= 0;
            out.write(new byte[] {SOCKS5, (byte) (offered ? BY_PASSWORD : 0xff)});
            if (!offered) {
                return null;
            }
            in.readUnsignedByte();
            String name = new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.UTF_8);
            String secret = new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.UTF_8);
            boolean good = name.equals(user) && secret.equals(password);
            out.write(new byte[] {1, (byte) (good ? 0 : 1)});
            if (!good) {
                return null;
            }
        } else {
            out.write(new byte[] {SOCKS5, 0});
        }
        in.readNBytes(3);
        String host = in.readUnsignedByte() == NAME
                ? new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.US_ASCII)
                : InetAddress.getByAddress(in.readNBytes(4)).getHostAddress();
        String target = host + ":" + in.readUnsignedShort();
        asked.add(target);
        InetSocketAddress known = names.get(target);
        if (known == null) {
            out.write(new byte[] {SOCKS5, SOCKS_REFUSED, 0, 1, 0, 0, 0, 0, 0, 0});
        }
        return known;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0) {
                throw new EOFException();
            }
            if (octet != '\r') {
                line.append((char) octet);
            }
        }
        return line.toString();
    }

    private void relay(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // Cut; both are closed.
        }
        open.remove(from);
        open.remove(to);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "forward-proxy");
        thread.setDaemon(true);
        thread.start();
    }
}
