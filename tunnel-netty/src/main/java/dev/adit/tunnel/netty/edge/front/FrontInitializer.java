package dev.adit.tunnel.netty.edge.front;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The pipeline of a visitor: flushes gathered per read batch, strict HTTP/1.1, one exchange after the other. */
final class FrontInitializer extends ChannelInitializer<Channel> {

    private static final int FLUSHES_GATHERED = 256;

    private final FrontContext context;
    private final ChannelGroup visitors;
    private final @Nullable UUID fixedTunnel;

    FrontInitializer(FrontContext context, ChannelGroup visitors, @Nullable UUID fixedTunnel) {
        this.context = context;
        this.visitors = visitors;
        this.fixedTunnel = fixedTunnel;
    }

    @Override
    protected void initChannel(Channel visitor) {
        visitors.add(visitor);
        FrontResponseEncoder encoder = new FrontResponseEncoder();
        visitor.pipeline()
                .addLast("flushes", new FlushConsolidationHandler(FLUSHES_GATHERED, true))
                .addLast("decoder", new StrictRequestDecoder())
                .addLast("encoder", encoder)
                .addLast("exchanges", new FrontRequestHandler(context, fixedTunnel, encoder));
    }
}
