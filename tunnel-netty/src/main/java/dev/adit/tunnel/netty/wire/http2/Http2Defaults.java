package dev.adit.tunnel.netty.wire.http2;

import io.netty.handler.codec.http2.Http2Settings;

/**
 * Settings and limits of a tunnel connection, each with its unit. They are wider than at the edge's front: what the
 * front lets in must fit through the tunnel in both directions, and Netty's defaults would close whole connections.
 */
final class Http2Defaults {

    /** Octets a stream may send before credit is returned; where every stream starts. */
    static final int INITIAL_STREAM_WINDOW = 64 * 1024;

    /** Octets up to which the window of a promptly drained stream grows. */
    static final int MAX_STREAM_WINDOW = 1024 * 1024;

    /** Octets of the connection's window. Credit is returned on arrival, so this bounds a flight, not memory. */
    static final int CONNECTION_WINDOW = 16 * 1024 * 1024;

    /** Octets of a frame's payload. A larger frame would be held whole by the receiver. */
    static final int MAX_FRAME_SIZE = 16 * 1024;

    /** Encoded octets of a header block beyond which the connection ends. Netty allows 5/4 of the list size. */
    static final long MAX_HEADER_BLOCK_SIZE = 2 * 1024 * 1024;

    /** Octets of a header list, counted as RFC 9113 section 6.5.2 says; beyond it only the stream ends. */
    static final long MAX_HEADER_LIST_SIZE = MAX_HEADER_BLOCK_SIZE / 5 * 4 + 4;

    /** RST_STREAM frames taken from the peer in {@link #RESET_WINDOW_SECONDS}: visitors who leave are normal here. */
    static final int MAX_DECODED_RESETS = 100_000;

    /** RST_STREAM frames sent to the peer in {@link #RESET_WINDOW_SECONDS}. */
    static final int MAX_ENCODED_RESETS = 100_000;

    /** Seconds over which resets are counted. */
    static final int RESET_WINDOW_SECONDS = 30;

    /** DATA frames without data in a row. */
    static final int MAX_CONSECUTIVE_EMPTY_DATA = 2;

    /** Control frames waiting to be written. */
    static final int MAX_QUEUED_CONTROL_FRAMES = 10_000;

    /** Small CONTINUATION frames in one header block: a serialised header of 1 MiB takes 64 full ones. */
    static final int MAX_SMALL_CONTINUATIONS = 128;

    private Http2Defaults() {}

    /** What the connector announces, in the HTTP/2 server role, where ENABLE_PUSH must not be sent. */
    static Http2Settings connectorSettings() {
        return new Http2Settings()
                .maxFrameSize(MAX_FRAME_SIZE)
                .maxConcurrentStreams(Integer.MAX_VALUE)
                .maxHeaderListSize(MAX_HEADER_LIST_SIZE)
                .initialWindowSize(INITIAL_STREAM_WINDOW);
    }

    /** What the edge announces, in the HTTP/2 client role. */
    static Http2Settings edgeSettings() {
        return new Http2Settings()
                .pushEnabled(false)
                .maxFrameSize(MAX_FRAME_SIZE)
                .maxHeaderListSize(MAX_HEADER_LIST_SIZE)
                .initialWindowSize(INITIAL_STREAM_WINDOW);
    }
}
