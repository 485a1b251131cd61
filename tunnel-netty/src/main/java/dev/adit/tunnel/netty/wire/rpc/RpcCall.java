package dev.adit.tunnel.netty.wire.rpc;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A question that was sent to the edge and its answer to come. There is no timer in it: whoever asked gives up with
 * {@link #cancel} when it has waited long enough. To be used on the connection's event loop only.
 *
 * @param <T> what a good answer holds
 */
public final class RpcCall<T> {

    private final int questionId;
    private final BiConsumer<CompletableFuture<T>, PointerReader> resultReader;
    private final Consumer<ByteBuf> out;
    private final CompletableFuture<T> result = new CompletableFuture<>();

    RpcCall(int questionId, BiConsumer<CompletableFuture<T>, PointerReader> resultReader, Consumer<ByteBuf> out) {
        this.questionId = questionId;
        this.resultReader = resultReader;
        this.out = out;
    }

    /**
     * The answer. Completes on the connection's event loop, exceptionally with an {@link RpcException} if the call
     * failed or the stream ended, with an {@link RpcProtocolException} if the edge broke the protocol, and with a
     * {@link CancellationException} after {@link #cancel}.
     *
     * @return the answer's stage; its dependents may ask the next question at once
     */
    public CompletionStage<T> result() {
        return result;
    }

    /**
     * Stops waiting and tells the edge so; a late answer is ignored. Does nothing if the result is already there.
     */
    public void cancel() {
        if (!result.isDone()) {
            out.accept(RpcMessageWriter.finish(questionId, true));
            result.cancel(false);
        }
    }

    boolean isDone() {
        return result.isDone();
    }

    int questionId() {
        return questionId;
    }

    /**
     * Completes the call with what the edge answered.
     *
     * @throws RpcProtocolException if the results cannot be decoded; the call has failed with the same exception then
     */
    void succeed(PointerReader results) {
        try {
            resultReader.accept(result, results);
        } catch (RpcException e) {
            fail(e);
        } catch (RpcProtocolException e) {
            fail(e);
            throw e;
        }
    }

    void fail(RuntimeException failure) {
        result.completeExceptionally(failure);
    }
}
