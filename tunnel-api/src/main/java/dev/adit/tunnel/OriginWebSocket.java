package dev.adit.tunnel;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The application's end of a visitor's WebSocket (RFC 6455), in blocking style. One thread may receive while another
 * sends. Pings are answered and fragments put together here. Close it, or return from the handler, to end it with status
 * 1000; a handler that throws ends it with status 1011. The visitor has 5 s to close in turn.
 */
public interface OriginWebSocket extends AutoCloseable {

    /** What a visitor sent. */
    sealed interface Message {

        /**
         * A text message.
         *
         * @param text the whole message
         */
        record Text(String text) implements Message {}

        /**
         * A binary message.
         *
         * @param data the whole message; the receiver's own copy
         */
        @SuppressWarnings("ArrayRecordComponent") // the message belongs to its receiver alone; nobody compares two
        record Binary(byte[] data) implements Message {}
    }

    /**
     * Waits for the next message. At most 1 MiB; a longer one closes the WebSocket with status 1009. While a message
     * waits to be received, the visitor is not asked for more.
     *
     * @return the message, or null once the WebSocket was closed: by the visitor, by {@link #close(int, String)}, or with
     *     1001 because the tunnel is about to close (see {@link Tunnel#close(java.time.Duration)})
     * @throws IOException if the visitor's connection broke without a close, or the visitor broke a rule
     */
    @Nullable
    Message receive() throws IOException;

    /**
     * Sends a text message; blocks while the visitor does not take what was sent before. One of more than 64 KiB goes in
     * several frames.
     *
     * @param text the message
     * @throws IOException if the WebSocket is closed
     */
    void sendText(String text) throws IOException;

    /**
     * Sends a binary message; blocks while the visitor does not take what was sent before. One of more than 64 KiB goes
     * in several frames.
     *
     * @param data the message, not kept
     * @throws IOException if the WebSocket is closed
     */
    void sendBinary(byte[] data) throws IOException;

    /**
     * Closes with a status and a reason. Does nothing if it is closed already. Messages not received yet are dropped.
     * Never blocks.
     *
     * @param status 1000 to 4999 as RFC 6455 section 7.4 allows an end point to send
     * @param reason at most 123 octets of UTF-8
     * @throws IllegalArgumentException if the status or the reason is not allowed
     */
    void close(int status, String reason);

    /** Closes with status 1000. */
    @Override
    default void close() {
        close(1000, "");
    }
}
