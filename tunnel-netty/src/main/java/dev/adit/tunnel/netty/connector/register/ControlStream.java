package dev.adit.tunnel.netty.connector.register;

import dev.adit.tunnel.RegistrationException;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import dev.adit.tunnel.netty.wire.rpc.ConnectionDetails;
import dev.adit.tunnel.netty.wire.rpc.ConnectionError;
import dev.adit.tunnel.netty.wire.rpc.ConnectionOptions;
import dev.adit.tunnel.netty.wire.rpc.ConnectionResponse;
import dev.adit.tunnel.netty.wire.rpc.RegisterConnection;
import dev.adit.tunnel.netty.wire.rpc.RegistrationClient;
import dev.adit.tunnel.netty.wire.rpc.RpcCall;
import dev.adit.tunnel.netty.wire.rpc.RpcProtocolException;
import dev.adit.tunnel.netty.wire.rpc.TunnelAuth;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * The stream on which a connection is registered and unregistered. The edge opens it; the connector speaks first. Its
 * end, other than by {@link #end}, is told to the {@link Listener}.
 */
public final class ControlStream implements StreamReceiver {

    /** Told when the control stream is lost while its connection is still there. */
    public interface Listener {
        /**
         * The edge ended or reset the stream, or broke the RPC protocol: the connection is of no use any more.
         *
         * @param reason for people
         */
        void controlStreamLost(String reason);
    }

    private final TunnelStream stream;
    private final Listener listener;
    private final RegistrationClient rpc;
    private boolean ended;
    private boolean duplicate;

    /**
     * Takes the stream and answers its headers.
     *
     * @param stream just opened by the edge
     * @param listener told of the stream's loss
     */
    public ControlStream(TunnelStream stream, Listener listener) {
        this.stream = stream;
        this.listener = listener;
        this.rpc = new RegistrationClient(message -> stream.writeData(message, false));
        Http2Headers answer = new DefaultHttp2Headers()
                .status(HttpResponseStatus.OK.codeAsText())
                .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_OCTET_STREAM);
        stream.writeHeaders(answer, false);
    }

    /**
     * Registers this connection.
     *
     * @param credentials of the tunnel
     * @param index the connection's slot
     * @param options who we are
     * @param timeout limit for the answer
     * @return completes with what the edge says of the connection; exceptionally with a {@link RegistrationException} if
     *     it refused, with a {@link TunnelException} if it gave no proper answer
     */
    public CompletionStage<ConnectionDetails> register(
            TunnelCredentials credentials, int index, ConnectionOptions options, Duration timeout) {
        RpcCall<ConnectionResponse> call = rpc.register(new RegisterConnection(
                new TunnelAuth(credentials.accountTag(), credentials.secret()),
                credentials.tunnelId(),
                index,
                options));
        stream.flush();
        CompletableFuture<ConnectionDetails> registered = new CompletableFuture<>();
        limited(call, timeout).whenComplete((response, failure) -> {
            if (response instanceof ConnectionDetails details) {
                registered.complete(details);
            } else if (response instanceof ConnectionError refusal) {
                duplicate = Refusal.isDuplicate(refusal);
                registered.completeExceptionally(Refusal.of(credentials.tunnelId(), refusal));
            } else {
                registered.completeExceptionally(Refusal.of(credentials.tunnelId(), timeout, failure));
            }
        });
        return registered;
    }

    /**
     * Tells why a registration was refused.
     *
     * @return whether it was because the edge has this connector's connection already
     */
    public boolean isDuplicate() {
        return duplicate;
    }

    /**
     * Tells the edge which rules are in use.
     *
     * @param configuration JSON in UTF-8
     * @param timeout limit for the answer
     * @return completes when the edge has taken note; exceptionally if it has not, which does no harm
     */
    public CompletionStage<Void> reportConfiguration(byte[] configuration, Duration timeout) {
        RpcCall<Void> call = rpc.updateLocalConfiguration(configuration);
        stream.flush();
        return limited(call, timeout);
    }

    /**
     * Asks the edge to send no new requests.
     *
     * @param timeout limit for the answer
     * @return completes when the edge has agreed; every request it had sent before has arrived then
     */
    public CompletionStage<Void> unregister(Duration timeout) {
        RpcCall<Void> call = rpc.unregister();
        stream.flush();
        return limited(call, timeout);
    }

    /** Says goodbye and ends the stream; the connection stays open for running requests. */
    public void end() {
        if (!ended) {
            ended = true;
            rpc.shutdown();
            stream.writeData(Unpooled.EMPTY_BUFFER, true);
            stream.flush();
        }
    }

    @Override
    public void onHeaders(Http2Headers headers, boolean endStream) {
        if (endStream) {
            lost("the edge ended the control stream");
        }
    }

    @Override
    public void onData(ByteBuf data, boolean endStream) {
        int bytes = data.readableBytes();
        try {
            rpc.receive(data);
        } catch (RpcProtocolException e) {
            stream.reset(Http2Error.PROTOCOL_ERROR);
            lost("the edge broke the RPC protocol: " + e.getMessage());
            return;
        } finally {
            data.release();
        }
        stream.consumed(bytes);
        stream.flush();
        if (endStream) {
            lost("the edge ended the control stream");
        }
    }

    @Override
    public void onWritabilityChanged() {
        // Messages are few and small: they wait in the stream's queue.
    }

    @Override
    public void onReset(long errorCode) {
        if (errorCode == TunnelStream.CONNECTION_LOST) {
            ended = true;
            rpc.inputClosed();
        } else {
            lost("the edge reset the control stream with code " + errorCode);
        }
    }

    private void lost(String reason) {
        rpc.inputClosed();
        if (!ended) {
            ended = true;
            listener.controlStreamLost(reason);
        }
    }

    private <T> CompletionStage<T> limited(RpcCall<T> call, Duration timeout) {
        Future<?> timer = stream.eventLoop().schedule(call::cancel, timeout.toNanos(), TimeUnit.NANOSECONDS);
        call.result().whenComplete((result, failure) -> timer.cancel(false));
        return call.result();
    }
}
