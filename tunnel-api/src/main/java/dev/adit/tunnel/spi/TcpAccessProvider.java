package dev.adit.tunnel.spi;

import dev.adit.tunnel.TcpAccess;
import dev.adit.tunnel.TunnelException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ServiceLoader;

/** Where the visitor's side of TCP services plugs in. Found by {@link ServiceLoader}; applications do not use it. */
public interface TcpAccessProvider {

    /**
     * Listens: the port is bound when this returns.
     *
     * @param settings what to run
     * @return the running access
     * @throws TunnelException if the port cannot be bound
     */
    TcpAccess start(TcpAccessSettings settings);

    /**
     * Copies one connection to and from streams, and returns when it is over.
     *
     * @param settings where to connect to; its listening address is not used
     * @param in what to send
     * @param out where to write what comes
     * @throws TunnelException if the service cannot be reached or refuses, or the connection breaks off
     * @throws InterruptedException if the thread is interrupted
     */
    void copy(TcpAccessSettings settings, InputStream in, OutputStream out) throws InterruptedException;

    /**
     * Finds the implementation.
     *
     * @return the first one on the class path or module path
     * @throws TunnelException if there is none, naming the artifact to add
     */
    static TcpAccessProvider load() {
        return ServiceLoader.load(TcpAccessProvider.class, TcpAccessProvider.class.getClassLoader())
                .findFirst()
                .or(() -> ServiceLoader.load(TcpAccessProvider.class).findFirst())
                .orElseThrow(
                        () -> new TunnelException("No transport for TCP access found. Add dev.adit:tunnel-netty next"
                                + " to tunnel-api on the class path or module path."));
    }
}
