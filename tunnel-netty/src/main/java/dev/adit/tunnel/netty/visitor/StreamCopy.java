package dev.adit.tunnel.netty.visitor;

import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.netty.transport.NameResolver;
import dev.adit.tunnel.spi.TcpAccessSettings;
import io.netty.channel.EventLoop;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One connection to a TCP service, copied to and from streams on the calling thread and one more. */
public final class StreamCopy {

    private static final int CLOSE_PATIENCE_SECONDS = 5;

    private StreamCopy() {}

    /**
     * Copies until the service ends its direction.
     *
     * @param settings where to connect to
     * @param in what to send
     * @param out where to write what comes
     * @throws TunnelException if the service cannot be reached or refuses, or the connection breaks off
     * @throws InterruptedException if the thread is interrupted; the connection is broken off
     */
    public static void run(TcpAccessSettings settings, InputStream in, OutputStream out) throws InterruptedException {
        AccessTarget target = AccessTarget.of(settings);
        EventLoops loops = settings.eventLoops() == null
                ? EventLoops.owned("adit-access", 1)
                : EventLoops.borrowed(settings.eventLoops());
        NameResolver resolver = new NameResolver();
        try {
            EventLoop loop = loops.group().next();
            LocalStreams local = new LocalStreams(in, out, loop);
            TcpCall call = new TcpCall(target, local, failure -> {});
            loop.execute(() -> call.start(new WebSocketDial(target, resolver, loops.channel(), loop, call)));
            boolean inOrder = false;
            try {
                local.writeUntilEnd();
                inOrder = awaitEnd(call);
            } finally {
                if (!inOrder) {
                    loop.execute(() -> call.abort(new TunnelException("The copying was given up.")));
                }
            }
        } finally {
            resolver.close();
            loops.close();
        }
    }

    /** Lets the last frames be sent. */
    private static boolean awaitEnd(TcpCall call) throws InterruptedException {
        try {
            call.ended().get(CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException | ExecutionException e) {
            return false;
        }
    }
}
