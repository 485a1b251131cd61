package dev.adit.tunnel.netty.origin.http2;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.Dial;
import dev.adit.tunnel.netty.origin.HttpOriginProxy;
import dev.adit.tunnel.netty.origin.OriginDialer;
import dev.adit.tunnel.netty.origin.OriginException;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/2 connections of one proxy on one event loop to one server name: a connection that was verified for one name
 * never carries requests for another. One connection is opened at a time; requests that find no room on the present ones
 * wait for it. Used on its event loop only, but for {@link #closeSoon}.
 */
final class Http2Pool implements OriginDialer.Outcome {

    private final Http2OriginProxy proxy;
    private final EventLoop loop;
    private final String serverName;
    private final List<Http2OriginConnection> connections = new ArrayList<>();
    private final Deque<Http2OriginCall> waiting = new ArrayDeque<>();
    private @Nullable Dial dial;
    private @Nullable Http2OriginConnection greeting;

    Http2Pool(Http2OriginProxy proxy, EventLoop loop, String serverName) {
        this.proxy = proxy;
        this.loop = loop;
        this.serverName = serverName;
    }

    EventLoop loop() {
        return loop;
    }

    String serverName() {
        return serverName;
    }

    Http2OriginProxy proxy() {
        return proxy;
    }

    /** Begins a call on a connection with room, now or when there is one. */
    void serve(Http2OriginCall call) {
        if (!begin(call)) {
            waiting.add(call);
            connect();
        }
    }

    /** The call does not want a connection any more. */
    void withdraw(Http2OriginCall call) {
        waiting.remove(call);
    }

    private boolean begin(Http2OriginCall call) {
        for (Http2OriginConnection connection : connections) {
            if (connection.hasRoom() && call.mayUse(connection) && call.begin(connection)) {
                return true;
            }
        }
        return false;
    }

    private void connect() {
        if (waiting.isEmpty() || dial != null || greeting != null) {
            return;
        }
        Dial begun = new Dial(proxy.dialer(), loop, serverName, true, this);
        dial = begun;
        begun.start();
    }

    @Override
    public void connected(Channel channel) {
        dial = null;
        @Nullable SslHandler tls = channel.pipeline().get(SslHandler.class);
        @Nullable HttpOriginProxy http1 = proxy.http1();
        if (tls != null && http1 != null && !ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol())) {
            proxy.noteHttp1();
            fallBack(http1, channel);
        } else {
            Http2OriginConnection fresh = new Http2OriginConnection(this, channel);
            greeting = fresh;
            fresh.install();
        }
    }

    private void fallBack(HttpOriginProxy http1, Channel channel) {
        @Nullable Channel fresh = channel;
        for (Http2OriginCall call : takeWaiting()) {
            call.fallBack(http1, fresh);
            fresh = null;
        }
        if (fresh != null) {
            fresh.close();
        }
        forgetIfEmpty();
    }

    /** The origin's SETTINGS came: streams can be opened. */
    void ready(Http2OriginConnection connection) {
        greeting = null;
        connections.add(connection);
        serveWaiting();
        if (connection.isUnused() && !waiting.isEmpty()) {
            failWaiting(new OriginException(
                    OriginFailure.RESPONSE_INVALID,
                    "Origin " + proxy.dialer().address()
                            + " takes no requests: it allows no streams on a fresh connection"
                            + " (SETTINGS_MAX_CONCURRENT_STREAMS). Look at the service's settings and load.",
                    null));
        }
        if (connection.isUnused()) {
            connection.becomeIdle();
        }
        connect();
    }

    /** A stream ended, so that another may find room. */
    void roomMade() {
        if (!waiting.isEmpty()) {
            loop.execute(this::serveWaiting);
        }
    }

    private void serveWaiting() {
        for (int left = waiting.size(); left > 0; left--) {
            @Nullable Http2OriginCall call = waiting.poll();
            if (call != null && !begin(call)) {
                waiting.add(call);
            }
        }
    }

    @Override
    public void failed(OriginException failure) {
        dial = null;
        failWaiting(failure);
        forgetIfEmpty();
    }

    /** A connection is gone, perhaps before it could be used. */
    void gone(Http2OriginConnection connection, OriginException unusable) {
        connections.remove(connection);
        if (connection.equals(greeting)) {
            greeting = null;
            failWaiting(unusable);
        }
        forgetIfEmpty();
    }

    private void failWaiting(OriginException failure) {
        takeWaiting().forEach(call -> call.failed(failure));
    }

    private List<Http2OriginCall> takeWaiting() {
        List<Http2OriginCall> all = List.copyOf(waiting);
        waiting.clear();
        return all;
    }

    private void forgetIfEmpty() {
        if (connections.isEmpty() && waiting.isEmpty() && dial == null && greeting == null) {
            proxy.forget(this);
        }
    }

    /** Closes what is idle, on the event loop. Any thread. */
    void closeSoon() {
        try {
            loop.execute(() -> List.copyOf(connections).forEach(Http2OriginConnection::closeIfIdle));
        } catch (RejectedExecutionException e) {
            // The loop is shut down, which closed every connection on it.
        }
    }
}
