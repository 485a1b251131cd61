package dev.adit.tunnel.netty.origin.stream;

import dev.adit.tunnel.OriginFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of SOCKS5 up to its reply: no authentication, CONNECT only (RFC 1928). Reply codes are those of
 * cloudflared 2026.8.2, {@code socks/request_handler.go}. Used on one event loop only.
 */
final class SocksHandshake {

    private static final int VERSION = 5;
    private static final int NO_AUTHENTICATION = 0;
    private static final int NONE_ACCEPTABLE = 0xFF;
    private static final int CONNECT = 1;
    private static final int IPV4 = 1;
    private static final int NAME = 3;
    private static final int IPV6 = 4;

    private static final int SUCCEEDED = 0;
    private static final int NOT_ALLOWED = 2;
    private static final int NETWORK_UNREACHABLE = 3;
    private static final int HOST_UNREACHABLE = 4;
    private static final int CONNECTION_REFUSED = 5;
    private static final int COMMAND_NOT_SUPPORTED = 7;
    private static final int ADDRESS_TYPE_NOT_SUPPORTED = 8;

    /** What the visitor's request leads to. */
    interface Steps {
        /** Sends to the visitor; <em>takes ownership</em>. */
        void answer(ByteBuf bytes);

        /** The visitor asks for a destination; {@link SocksHandshake#succeeded} or {@link #failed} must follow. */
        void connect(String host, int port);

        /** What follows is no SOCKS or asks for what there is not; an answer may have been sent. */
        void giveUp(String why);
    }

    private final Steps steps;
    private final ByteBuf received = Unpooled.buffer(64);
    private boolean greeted;
    private boolean asked;

    SocksHandshake(Steps steps) {
        this.steps = steps;
    }

    /** Whether the visitor's request is complete; what follows is for the destination. */
    boolean isAsked() {
        return asked;
    }

    /** Reads on until the request is complete; what follows it stays. <em>Borrows.</em> */
    void read(ByteBuf bytes) {
        while (bytes.isReadable() && !asked) {
            received.writeByte(bytes.readByte());
            if (!greeted) {
                greeting();
            } else {
                request();
            }
        }
    }

    private void greeting() {
        if (received.getByte(0) != VERSION) {
            end("the visitor does not speak SOCKS5");
            return;
        }
        if (received.readableBytes() < 2 || received.readableBytes() < 2 + received.getUnsignedByte(1)) {
            return;
        }
        greeted = true;
        received.skipBytes(2);
        boolean offered =
                received.indexOf(received.readerIndex(), received.writerIndex(), (byte) NO_AUTHENTICATION) >= 0;
        received.clear();
        steps.answer(Unpooled.buffer(2).writeByte(VERSION).writeByte(offered ? NO_AUTHENTICATION : NONE_ACCEPTABLE));
        if (!offered) {
            end("the visitor insists on an authentication");
        }
    }

    private void request() {
        if (received.getByte(0) != VERSION) {
            end("the visitor does not speak SOCKS5");
            return;
        }
        int length = received.readableBytes();
        if (length < 5) {
            return;
        }
        int type = received.getUnsignedByte(3);
        int address =
                switch (type) {
                    case IPV4 -> 4;
                    case IPV6 -> 16;
                    case NAME -> 1 + received.getUnsignedByte(4);
                    default -> 0;
                };
        if (address == 0) {
            refuse(ADDRESS_TYPE_NOT_SUPPORTED, "address type " + type + " is not known");
        } else if (length == 4 + address + 2) {
            int command = received.getUnsignedByte(1);
            int port = received.getUnsignedShort(4 + address);
            String host = host(type, address);
            if (command != CONNECT) {
                refuse(COMMAND_NOT_SUPPORTED, "command " + command + " is not served");
            } else if (port == 0 || host.isEmpty()) {
                refuse(HOST_UNREACHABLE, "the destination has no address or no port");
            } else {
                asked = true;
                steps.connect(host, port);
            }
        }
    }

    /** The destination; empty if it cannot be one. */
    private String host(int type, int length) {
        if (type == NAME) {
            String name = received.toString(5, length - 1, StandardCharsets.ISO_8859_1);
            return name.chars().allMatch(c -> c > ' ' && c < 0x7F && c != '%') ? name : "";
        }
        byte[] octets = new byte[length];
        received.getBytes(4, octets);
        return NetUtil.bytesToIpAddress(octets);
    }

    private void refuse(int code, String why) {
        steps.answer(reply(code, null));
        end(why);
    }

    private void end(String why) {
        asked = true;
        steps.giveUp(why);
    }

    /** Tells the visitor that the destination is connected. */
    void succeeded(@Nullable SocketAddress local) {
        steps.answer(reply(SUCCEEDED, local));
    }

    /** Tells the visitor why the destination is not. */
    void failed(OriginFailure failure, @Nullable Throwable cause) {
        String text = cause == null ? "" : String.valueOf(cause.getMessage());
        int code = HOST_UNREACHABLE;
        if (failure == OriginFailure.DESTINATION_REFUSED) {
            code = NOT_ALLOWED;
        } else if (text.contains("refused")) {
            code = CONNECTION_REFUSED;
        } else if (text.contains("etwork is unreachable")) {
            code = NETWORK_UNREACHABLE;
        }
        steps.answer(reply(code, null));
    }

    private static ByteBuf reply(int code, @Nullable SocketAddress local) {
        ByteBuf reply = Unpooled.buffer(22).writeByte(VERSION).writeByte(code).writeByte(0);
        if (local instanceof InetSocketAddress address && address.getAddress() != null) {
            byte[] octets = address.getAddress().getAddress();
            return reply.writeByte(octets.length == 4 ? IPV4 : IPV6)
                    .writeBytes(octets)
                    .writeShort(address.getPort());
        }
        return reply.writeByte(IPV4).writeInt(0).writeShort(0);
    }
}
