package dev.adit.tunnel.netty.wire.websocket;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The proof that a server speaks WebSocket: its answer to the client's key (RFC 6455 section 4.2.2). */
public final class AcceptKey {

    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private AcceptKey() {}

    /**
     * Answers a key.
     *
     * @param key the value of {@code Sec-WebSocket-Key}; white space around it does not count
     * @return the value of {@code Sec-WebSocket-Accept}
     */
    public static String of(CharSequence key) {
        try {
            byte[] text = (key.toString().strip() + GUID).getBytes(StandardCharsets.ISO_8859_1);
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-1").digest(text));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-1 is missing, which every JDK has to offer", e);
        }
    }
}
