package dev.adit.tunnel.netty.wire.http2;

import java.io.IOException;
import java.time.Duration;

/** The peer sent nothing for so long that the connection is taken for dead. */
public final class PeerSilentException extends IOException {

    private static final long serialVersionUID = 1L;

    PeerSilentException(Duration silence) {
        super("nothing was heard from it for " + silence.toSeconds() + " s and it answered no PING");
    }
}
