package dev.adit.tunnel.netty.origin;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A Unix socket behind which a service on a local TCP port stands: bytes and ends of either side pass as they come. */
final class SocketFile implements AutoCloseable {

    private final ServerSocketChannel listener;
    private final int port;
    private final Thread acceptor;
    private final List<SocketChannel> open = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();

    SocketFile(Path file, int port) throws IOException {
        this.port = port;
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(file));
        acceptor = start(this::accept);
    }

    int connections() {
        return connections.get();
    }

    private static Thread start(Runnable task) {
        Thread thread = new Thread(task, "socket-file");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void accept() {
        while (true) {
            try {
                SocketChannel file = listener.accept();
                connections.incrementAndGet();
                SocketChannel service = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
                open.add(file);
                open.add(service);
                start(() -> copy(file, service));
                start(() -> copy(service, file));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void copy(SocketChannel from, SocketChannel to) {
        ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
        try {
            while (from.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
                buffer.clear();
            }
            to.shutdownOutput();
        } catch (IOException e) {
            close(from);
            close(to);
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Ends the service; the file stays, as it does when a process ends. The system accepts connections as long as a thread
     * waits for them, so that thread's end is waited for.
     */
    @Override
    public void close() throws IOException, InterruptedException {
        listener.close();
        acceptor.join();
        open.forEach(SocketFile::close);
    }
}
