package dev.adit.tunnel.netty.wire.rpc;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The interface {@code RegistrationServer} and the layout of its structs. Source: cloudflared's
 * {@code tunnelrpc/proto/tunnelrpc.capnp} and recordings of release 2026.8.2.
 *
 * <p>Values that the encoding allows but the schema's meaning does not (an id that is not 16 bytes long) give an
 * {@link RpcException}: they spoil one call, not the conversation.
 */
final class RegistrationSchema {

    static final long REGISTRATION_SERVER = 0xf71695ec7fe85497L;
    /** Obsolete, extends the other; no connector was seen to use it, but the methods are the same. */
    static final long TUNNEL_SERVER = 0xea58385c65416035L;

    static final int REGISTER_CONNECTION = 0;
    static final int UNREGISTER_CONNECTION = 1;
    static final int UPDATE_LOCAL_CONFIGURATION = 2;

    private static final int RESPONSE_ERROR = 0;
    private static final int RESPONSE_DETAILS = 1;
    private static final int SHOULD_RETRY_BIT = 64;

    private RegistrationSchema() {}

    static RpcMessageWriter.Content params(RegisterConnection request) {
        return payload -> {
            StructBuilder params = payload.struct(0, 1, 3);
            params.setU8(0, request.connIndex());
            StructBuilder auth = params.struct(0, 0, 2);
            auth.setText(0, request.auth().accountTag());
            auth.setData(1, request.auth().tunnelSecret());
            params.setData(1, bytes(request.tunnelId()));
            writeOptions(params.struct(2, 1, 2), request.options());
        };
    }

    private static void writeOptions(StructBuilder builder, ConnectionOptions options) {
        builder.setBit(0, options.replaceExisting());
        builder.setU8(1, octet(options.compressionQuality()));
        builder.setU8(2, octet(options.numPreviousAttempts()));
        StructBuilder client = builder.struct(0, 0, 4);
        client.setData(0, bytes(options.clientId()));
        client.setTexts(1, options.features());
        client.setText(2, options.version());
        client.setText(3, options.arch());
        builder.setData(1, bytes(options.originLocalIp()));
    }

    static RegisterConnection registerConnection(PointerReader params) {
        StructReader reader = params.struct();
        StructReader auth = reader.pointer(0).struct();
        return new RegisterConnection(
                new TunnelAuth(auth.pointer(0).text(), auth.pointer(1).data()),
                uuid(reader.pointer(1).data(), "tunnelId"),
                reader.u8(0),
                options(reader.pointer(2).struct()));
    }

    private static ConnectionOptions options(StructReader options) {
        StructReader client = options.pointer(0).struct();
        return new ConnectionOptions(
                uuid(client.pointer(0).data(), "clientId"),
                client.pointer(1).list().texts(),
                client.pointer(2).text(),
                client.pointer(3).text(),
                address(options.pointer(1).data()),
                options.bit(0),
                options.u8(1),
                options.u8(2));
    }

    static RpcMessageWriter.Content results(ConnectionResponse response) {
        return payload -> {
            StructBuilder union = payload.struct(0, 0, 1).struct(0, 1, 1);
            if (response instanceof ConnectionDetails details) {
                union.setU16(0, RESPONSE_DETAILS);
                StructBuilder builder = union.struct(0, 1, 2);
                builder.setBit(0, details.remotelyManaged());
                builder.setData(0, bytes(details.uuid()));
                builder.setText(1, details.locationName());
            } else if (response instanceof ConnectionError error) {
                union.setU16(0, RESPONSE_ERROR);
                StructBuilder builder = union.struct(0, 2, 1);
                builder.setI64(0, nanos(error.retryAfter()));
                builder.setBit(SHOULD_RETRY_BIT, error.shouldRetry());
                builder.setText(0, error.cause());
            }
        };
    }

    static ConnectionResponse connectionResponse(PointerReader results) {
        StructReader union = results.struct().pointer(0).struct();
        int tag = union.u16(0);
        StructReader reader = union.pointer(0).struct();
        return switch (tag) {
            case RESPONSE_DETAILS ->
                new ConnectionDetails(
                        uuid(reader.pointer(0).data(), "connection uuid"),
                        reader.pointer(1).text(),
                        reader.bit(0));
            case RESPONSE_ERROR ->
                new ConnectionError(
                        reader.pointer(0).text(), Duration.ofNanos(reader.i64(0)), reader.bit(SHOULD_RETRY_BIT));
            default ->
                throw new RpcException(
                        RpcException.Type.FAILED,
                        "The edge answered the registration with an unknown kind of response, " + tag + ".");
        };
    }

    static RpcMessageWriter.Content configuration(byte[] configuration) {
        return payload -> payload.struct(0, 0, 1).setData(0, configuration);
    }

    static byte[] configuration(PointerReader params) {
        return params.struct().pointer(0).data();
    }

    private static byte[] bytes(UUID uuid) {
        return ByteBuffer.allocate(16)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array();
    }

    private static UUID uuid(byte[] bytes, String what) {
        if (bytes.length != 16) {
            throw new RpcException(
                    RpcException.Type.FAILED, what + " is " + bytes.length + " bytes long (expected: 16)");
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    /** Always 16 bytes, IPv4 mapped, as the genuine connector writes it. */
    private static byte[] bytes(@Nullable InetAddress address) {
        if (address == null) {
            return new byte[0];
        }
        byte[] bytes = address.getAddress();
        if (bytes.length == 16) {
            return bytes;
        }
        return ByteBuffer.allocate(16)
                .putLong(0)
                .putShort((short) 0)
                .putShort((short) -1)
                .put(bytes)
                .array();
    }

    private static @Nullable InetAddress address(byte[] bytes) {
        if (bytes.length != 4 && bytes.length != 16) {
            return null;
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("An address of " + bytes.length + " bytes was refused.", e);
        }
    }

    private static int octet(int value) {
        return Math.max(0, Math.min(255, value));
    }

    private static long nanos(Duration duration) {
        try {
            return duration.toNanos();
        } catch (ArithmeticException tooLong) {
            return duration.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }
}
