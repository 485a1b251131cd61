package dev.adit.tunnel.netty.wire.rpc;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/** Values for tests that do not care which. */
final class RegistrationSamples {

    static final String SECRET = "0123456789abcdefghijklmnopqrstuv";

    private RegistrationSamples() {}

    static RegisterConnection request() {
        return request(InetAddress.getLoopbackAddress());
    }

    static RegisterConnection request(InetAddress localAddress) {
        return new RegisterConnection(
                new TunnelAuth("0123456789abcdef0123456789abcdef", SECRET.getBytes(StandardCharsets.US_ASCII)),
                UUID.fromString("3f1d2c4b-5a69-4788-9abc-def012345678"),
                2,
                new ConnectionOptions(
                        UUID.fromString("d9507d6e-0a86-432a-9675-b60eb524c706"),
                        List.of("serialized_headers", "allow_remote_config"),
                        "1.0",
                        "linux_amd64",
                        localAddress,
                        false,
                        0,
                        3));
    }

    static ConnectionDetails details() {
        return new ConnectionDetails(UUID.fromString("ed99bb7c-728e-28cc-bb48-541be7b440d8"), "tst01", false);
    }
}
