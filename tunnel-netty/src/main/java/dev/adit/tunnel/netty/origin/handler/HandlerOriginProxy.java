package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.AsyncOriginHandler;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginHandler;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.OriginRequest;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Lets the application answer in process. Of the options only {@link OriginOptions#responseTimeout} has a meaning here.
 *
 * <p>The handler runs on the executor. If that refuses, or runs the task on the event loop itself, the visitor gets a 503;
 * the handler is not called. When the deadline passes before the response has begun the visitor gets a 504, and a blocking
 * handler is interrupted if its thread is one of {@link HandlerExecutors#ownThreads}; a thread of the application's is left
 * alone. A visitor who leaves interrupts nobody, since an interrupt would close files that other requests share.
 */
public final class HandlerOriginProxy implements OriginProxy {

    private final Form form;
    private final OriginOptions options;
    private final Executor executor;

    /** Makes the task that calls the handler. */
    private interface Form {
        Runnable exchange(HandlerCall call, OriginRequest request);
    }

    /**
     * Serves with a blocking handler.
     *
     * @param handler called for each request
     * @param options for the deadline
     * @param executor where to call it; borrowed
     */
    public HandlerOriginProxy(OriginHandler handler, OriginOptions options, Executor executor) {
        this.options = options;
        this.executor = executor;
        boolean interrupts = executor instanceof HandlerExecutors threads && threads.ownsThreads();
        form = (call, request) -> {
            BlockingExchange exchange = new BlockingExchange(call, request);
            return new BlockingRun(call, exchange, handler, interrupts);
        };
    }

    /**
     * Serves with an asynchronous handler.
     *
     * @param handler called for each request
     * @param options for the deadline
     * @param executor where to call it and to complete its futures; borrowed
     */
    public HandlerOriginProxy(AsyncOriginHandler handler, OriginOptions options, Executor executor) {
        this.options = options;
        this.executor = executor;
        form = (call, request) -> {
            AsyncExchange exchange = new AsyncExchange(call, request, executor);
            return () -> exchange.run(handler);
        };
    }

    @Override
    public OriginCall proxy(ProxiedRequest request, ResponseSink sink) {
        HandlerCall call = new HandlerCall(request, sink, executor, options.responseTimeout());
        OriginRequest head;
        try {
            head = MessageHeads.request(request);
        } catch (IllegalArgumentException e) {
            call.response().fail(OriginFailure.REQUEST_INVALID, "A header of " + call.name() + " is not legal.", e);
            return call;
        }
        call.startTimer();
        Runnable exchange = form.exchange(call, head);
        try {
            executor.execute(() -> offLoop(exchange, call));
        } catch (RuntimeException e) {
            reject(call, "refused the task: it is full or shut down. Give it more threads, or answer faster.", e);
        }
        return call;
    }

    /** Does nothing: nothing is kept between requests, and the executor belongs to somebody else. */
    @Override
    public void close() {}

    private static void offLoop(Runnable exchange, HandlerCall call) {
        if (call.sink().eventLoop().inEventLoop()) {
            reject(call, "runs tasks on the calling thread, which is an event loop. Give one with threads.", null);
        } else {
            exchange.run();
        }
    }

    private static void reject(HandlerCall call, String what, @Nullable RuntimeException cause) {
        call.response()
                .fail(
                        OriginFailure.HANDLER_REJECTED,
                        "The in-process handler was not called for " + call.name() + ": its executor " + what,
                        cause);
    }
}
