package dev.adit.tunnel.netty;

import dev.adit.tunnel.TcpAccess;
import dev.adit.tunnel.netty.visitor.AccessListener;
import dev.adit.tunnel.netty.visitor.StreamCopy;
import dev.adit.tunnel.spi.TcpAccessProvider;
import dev.adit.tunnel.spi.TcpAccessSettings;
import java.io.InputStream;
import java.io.OutputStream;

/** The visitor's side of TCP services. Public only for {@link java.util.ServiceLoader}. */
public final class NettyTcpAccessProvider implements TcpAccessProvider {

    /** For {@link java.util.ServiceLoader}. */
    public NettyTcpAccessProvider() {}

    @Override
    public TcpAccess start(TcpAccessSettings settings) {
        return AccessListener.start(settings);
    }

    @Override
    public void copy(TcpAccessSettings settings, InputStream in, OutputStream out) throws InterruptedException {
        StreamCopy.run(settings, in, out);
    }
}
