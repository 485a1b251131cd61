package dev.adit.tunnel.netty.visitor;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The local end of a call. Used on the call's event loop only. */
interface LocalSide {

    /** Takes what comes of it; not told anything after {@link #close} or {@link #abort}. */
    interface Listener {
        /** Bytes for the service; the listener <em>takes ownership</em>. */
        void localRead(ByteBuf bytes);

        /** What was read so far may be sent. */
        void localReadComplete();

        /** It sends no more, and still takes what comes. */
        void localEnded();

        /** Whether it takes more has changed. */
        void localWritable();

        /** It broke off. */
        void localGone(@Nullable Throwable cause);
    }

    /** Completes when it is closed and all is given back. */
    CompletableFuture<Void> closed();

    /** Begins; nothing is read before. */
    void start(Listener listener);

    boolean isWritable();

    /** <em>Takes ownership.</em> */
    void write(ByteBuf bytes);

    void flush();

    /** Ends this direction behind all that was written. */
    void writeEnd();

    /** Reads on, or not for now. */
    void read(boolean on);

    /** Closes in order, behind all that was written. */
    void close();

    /**
     * Breaks off, so that what was written never looks complete.
     *
     * @param reason for whoever waits for the end
     */
    void abort(RuntimeException reason);
}
