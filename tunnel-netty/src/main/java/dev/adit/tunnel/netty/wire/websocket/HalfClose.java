package dev.adit.tunnel.netty.wire.websocket;

import java.util.List;

/**
 * An extension (RFC 6455 section 9) between Adit's {@code access tcp} and Adit's connector: a close frame ends only the
 * direction of its sender, as TCP's FIN does, and the other side closes when it has sent all. Whoever does not know it does
 * not agree to it.
 */
public final class HalfClose {

    /** What is offered and agreed to in {@code Sec-WebSocket-Extensions}. */
    public static final String EXTENSION = "x-adit-half-close";

    private HalfClose() {}

    /**
     * Looks for the extension.
     *
     * @param values of {@code Sec-WebSocket-Extensions}
     * @return whether one of them holds it
     */
    public static boolean isOffered(List<? extends CharSequence> values) {
        for (CharSequence value : values) {
            for (String offer : value.toString().split(",", -1)) {
                if (offer.strip().equals(EXTENSION)) {
                    return true;
                }
            }
        }
        return false;
    }
}
