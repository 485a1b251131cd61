package dev.adit.tunnel.netty.origin.stream;

import io.netty.buffer.ByteBuf;

/** How a visitor's bytes travel on a stream. Used on its event loop only, and not after {@link #stop}. */
interface VisitorSide {

    /** Takes what comes of the visitor. */
    interface Listener {
        /** Bytes for the origin; the listener <em>takes ownership</em>. */
        void received(ByteBuf bytes);

        /** The visitor sends no more, and still takes what comes. */
        void receivedEnd();

        /** The visitor closed both directions; the response is complete. */
        void closed();

        /** The visitor broke a rule; the response is complete, what it sent is not. */
        void broken(String what);
    }

    /** Begins the response. */
    void open(Listener listener);

    /** Takes what the stream carried; <em>takes ownership</em>. */
    void read(ByteBuf data);

    /** The stream carries no more of the visitor. */
    void end();

    /** Sends bytes to the visitor; <em>takes ownership</em>. */
    void write(ByteBuf bytes);

    /** Nothing more comes for the visitor, who may go on sending. */
    void writeEnd();

    /** Completes the response, if it is not; the listener is not told. */
    void complete();

    /** The tunnel closes soon: the visitor is told, if there is a way. */
    void goingAway();

    /** The sink takes more again. */
    void writable();

    /** Ends timers. */
    void stop();
}
