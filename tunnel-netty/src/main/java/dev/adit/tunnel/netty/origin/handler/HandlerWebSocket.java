package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.OriginWebSocket;
import dev.adit.tunnel.netty.wire.websocket.WebSocketFrames;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The application's end of a WebSocket: a queue of whole messages that {@link WebSocketReader} fills on the event loop, and
 * frames for the {@link ResponseQueue}. The methods of the API are for the handler's threads, the others for the event loop.
 */
final class HandlerWebSocket implements OriginWebSocket {

    /** Longer messages go in several frames, so that a pong finds its way in between. */
    private static final int MAX_FRAME = 64 * 1024;

    private final HandlerCall call;
    private final ResponseQueue response;
    private final ReentrantLock sending = new ReentrantLock();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final Queue<Received> messages = new ArrayDeque<>();
    private final WebSocketReader reader;
    private boolean closeSent;
    private @Nullable String broken;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Received(boolean text, byte[] data) {}

    HandlerWebSocket(HandlerCall call) {
        this.call = call;
        response = call.response();
        reader = new WebSocketReader(call, this);
    }

    /** The 101 response has been queued: from now on the request's bytes are frames. */
    void open() {
        LoopTasks.execute(call.sink().eventLoop(), () -> call.redirect(reader));
    }

    @Override
    public @Nullable Message receive() throws IOException {
        Received message = next();
        if (message == null) {
            return null;
        }
        LoopTasks.execute(call.sink().eventLoop(), reader::giveCredit);
        if (!message.text()) {
            return new Message.Binary(message.data());
        }
        try {
            return new Message.Text(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(message.data()))
                    .toString());
        } catch (CharacterCodingException e) {
            close(WebSocketCloseStatus.INVALID_PAYLOAD_DATA.code(), "");
            throw new IOException("The visitor sent a text message that is not UTF-8.", e);
        }
    }

    private @Nullable Received next() throws IOException {
        lock.lock();
        try {
            while (messages.isEmpty()) {
                if (broken != null) {
                    throw new IOException(broken);
                }
                if (closeSent) {
                    return null;
                }
                arrived.await();
            }
            return messages.poll();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while waiting for a WebSocket message.");
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void sendText(String text) throws IOException {
        send(WebSocketFrames.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void sendBinary(byte[] data) throws IOException {
        send(WebSocketFrames.BINARY, data);
    }

    private void send(int opcode, byte[] data) throws IOException {
        sending.lock();
        try {
            int sent = 0;
            do {
                response.awaitRoom();
                int length = Math.min(data.length - sent, MAX_FRAME);
                boolean last = sent + length == data.length;
                enqueue(WebSocketFrames.data(
                        sent == 0 ? opcode : WebSocketFrames.CONTINUATION, last, data, sent, length));
                sent += length;
            } while (sent < data.length);
        } finally {
            sending.unlock();
        }
    }

    /** Takes ownership. Under the lock, so that nothing follows a close. */
    private void enqueue(ByteBuf frame) throws IOException {
        lock.lock();
        try {
            if (closeSent) {
                frame.release();
                throw new IOException(broken == null ? "The WebSocket is closed." : broken);
            }
            response.data(frame);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close(int status, String reason) {
        if (status < 1000 || status > 4999 || !WebSocketCloseStatus.isValidStatusCode(status)) {
            throw new IllegalArgumentException(
                    "status: " + status + " (expected: one that RFC 6455 section 7.4 allows to send, such as 1000)");
        }
        int octets = reason.getBytes(StandardCharsets.UTF_8).length;
        if (octets > 123) {
            throw new IllegalArgumentException("reason: " + octets + " octets (expected: at most 123)");
        }
        lock.lock();
        try {
            if (closeSent) {
                return;
            }
            messages.clear();
            sendClose(status, reason);
        } finally {
            lock.unlock();
        }
        LoopTasks.execute(call.sink().eventLoop(), reader::awaitClose);
    }

    /** The tunnel closes soon: the visitor is told. What has come until now can still be received. */
    void goingAway() {
        lock.lock();
        try {
            if (!closeSent) {
                sendClose(WebSocketCloseStatus.ENDPOINT_UNAVAILABLE.code(), "");
            }
        } finally {
            lock.unlock();
        }
    }

    /** The lock is held. */
    private void sendClose(int status, String reason) {
        closeSent = true;
        arrived.signalAll();
        try {
            response.data(WebSocketFrames.close(status, reason));
        } catch (IOException e) {
            // The visitor is gone: closed as well as can be.
        }
    }

    /** Sends a pong, unless the WebSocket is closed. Takes ownership. */
    void control(ByteBuf frame) {
        try {
            enqueue(frame);
        } catch (IOException e) {
            // Nobody waits for it any more.
        }
    }

    void received(boolean text, byte[] data) {
        lock.lock();
        try {
            if (!closeSent) {
                messages.add(new Received(text, data));
                arrived.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    boolean hasWaiting() {
        lock.lock();
        try {
            return !messages.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** The visitor closed; answers in kind if we have not closed before. */
    void visitorClosed(int status) {
        lock.lock();
        try {
            if (!closeSent) {
                sendClose(status, "");
            }
        } finally {
            lock.unlock();
        }
    }

    /** The visitor broke a rule, or off; a status other than 0 is told to the visitor. */
    void visitorBroke(String reason, int status) {
        lock.lock();
        try {
            if (closeSent) {
                return;
            }
            broken = reason;
            if (status == 0) {
                closeSent = true;
                arrived.signalAll();
            } else {
                sendClose(status, "");
            }
        } finally {
            lock.unlock();
        }
    }

    /** The stream is over; nothing can be sent, and unless it was closed before that is an error. */
    void cut(String reason) {
        lock.lock();
        try {
            if (!closeSent) {
                closeSent = true;
                broken = reason;
                messages.clear();
            }
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
