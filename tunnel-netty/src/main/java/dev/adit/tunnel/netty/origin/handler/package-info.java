/**
 * Origins inside the application: a request is answered by the application's own code, no socket is opened for it.
 * {@code connector.serve} calls {@link dev.adit.tunnel.netty.origin.handler.HandlerOriginProxy} as it calls any other
 * {@link dev.adit.tunnel.netty.origin.OriginProxy}, on the tunnel connection's event loop; the application's
 * {@link dev.adit.tunnel.OriginHandler} or {@link dev.adit.tunnel.AsyncOriginHandler} runs on the executor, by default
 * {@link dev.adit.tunnel.netty.origin.handler.HandlerExecutors#ownThreads}.
 *
 * <p>Two queues stand between the two worlds: {@code ReceivedBody} takes the request's body from the event loop to the
 * handler, {@code ResponseQueue} the response back. Both are bounded, by the stream's window and by 64 KiB, and only the
 * handler ever waits at them.
 */
@NullMarked
package dev.adit.tunnel.netty.origin.handler;

import org.jspecify.annotations.NullMarked;
