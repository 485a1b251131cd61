package dev.adit.tunnel.netty.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import io.grpc.ForwardingServerBuilder;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.testing.integration.AbstractInteropTest;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.runner.JUnitCore;
import org.junit.runner.Request;
import org.junit.runner.Result;
import org.junit.runners.model.FrameworkMethod;
import org.junit.runners.model.TestClass;

/**
 * The interop tests that grpc-java has for its own transports, with a tunnel between grpc-java's client and its server.
 * They are JUnit 4, so each is run as one dynamic test.
 */
class GrpcInteropTest {

    @TempDir
    static Path directory;

    private static X509Bundle certificate;
    private static Path caPool;

    @BeforeAll
    static void makeCertificate() throws Exception {
        X509Bundle authority = new CertificateBuilder()
                .subject("CN=Test authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        caPool = Files.writeString(directory.resolve("ca.pem"), authority.getCertificatePEM());
        certificate = new CertificateBuilder()
                .subject("CN=leaf")
                .addSanDnsName("localhost")
                .buildIssuedBy(authority);
    }

    @TestFactory
    Stream<DynamicTest> inTheClear() {
        return tests(InTheClear.class);
    }

    @TestFactory
    Stream<DynamicTest> overTls() {
        return tests(OverTls.class);
    }

    private static Stream<DynamicTest> tests(Class<?> suite) {
        var methods = new TestClass(suite).getAnnotatedMethods(org.junit.Test.class);
        assertThat(methods).extracting(FrameworkMethod::getName).containsAll(NAMED_BY_THE_SPECIFICATION);
        return methods.stream().map(method -> DynamicTest.dynamicTest(method.getName(), () -> run(suite, method)));
    }

    /** The cases of gRPC's interop test descriptions that need no cloud; the suite has more of its own. */
    private static final Set<String> NAMED_BY_THE_SPECIFICATION = Set.of(
            "emptyUnary",
            "largeUnary",
            "clientStreaming",
            "serverStreaming",
            "pingPong",
            "emptyStream",
            "cancelAfterBegin",
            "cancelAfterFirstResponse",
            "timeoutOnSleepingServer",
            "customMetadata",
            "statusCodeAndMessage",
            "specialStatusMessage",
            "unimplementedMethod",
            "unimplementedService");

    private static void run(Class<?> suite, FrameworkMethod method) throws Throwable {
        Result result = new JUnitCore().run(Request.method(suite, method.getName()));
        if (!result.getFailures().isEmpty()) {
            throw result.getFailures().get(0).getException();
        }
        Assumptions.assumeTrue(result.getAssumptionFailureCount() == 0, "grpc-java skips this here");
        assertThat(result.getRunCount()).isEqualTo(1);
    }

    /** An h2c origin. */
    public static final class InTheClear extends Suite {

        @Override
        NettyServerBuilder server() {
            return NettyServerBuilder.forPort(0);
        }

        @Override
        GrpcTunnel tunnelTo(int port) throws Exception {
            return new GrpcTunnel(Origin.h2c("localhost", port), OriginOptions.defaults());
        }
    }

    /** An https origin with {@code http2Origin}. */
    public static final class OverTls extends Suite {

        @Override
        NettyServerBuilder server() throws Exception {
            return NettyServerBuilder.forPort(0)
                    .sslContext(GrpcSslContexts.forServer(
                                    pem(certificate.getCertificatePathPEM()), pem(certificate.getPrivateKeyPEM()))
                            .build());
        }

        private static ByteArrayInputStream pem(String text) {
            return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
        }

        @Override
        GrpcTunnel tunnelTo(int port) throws Exception {
            return new GrpcTunnel(
                    Origin.https("localhost", port),
                    OriginOptions.builder().http2Origin(true).caPool(caPool).build());
        }
    }

    /** What both have in common: a server, a tunnel to it, and a client at the tunnel's other end. */
    abstract static class Suite extends AbstractInteropTest {

        private @Nullable Server server;
        private @Nullable GrpcTunnel tunnel;

        abstract NettyServerBuilder server() throws Exception;

        abstract GrpcTunnel tunnelTo(int port) throws Exception;

        @Override
        protected ServerBuilder<?> getServerBuilder() {
            try {
                return new Telling(
                        server().flowControlWindow(TEST_FLOW_CONTROL_WINDOW).maxInboundMessageSize(MAX_MESSAGE_SIZE));
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }

        @Override
        protected ManagedChannelBuilder<?> createChannelBuilder() {
            try {
                GrpcTunnel opened = tunnelTo(Objects.requireNonNull(server).getPort());
                tunnel = opened;
                return NettyChannelBuilder.forAddress("127.0.0.1", opened.port())
                        .flowControlWindow(TEST_FLOW_CONTROL_WINDOW)
                        .maxInboundMessageSize(MAX_MESSAGE_SIZE)
                        .usePlaintext();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }

        /** OpenCensus's counters at both ends are not of interest; the suite's own tracers are looked at all the same. */
        @Override
        protected boolean metricsExpected() {
            return false;
        }

        @Override
        protected int operationTimeoutMillis() {
            return 30_000;
        }

        @Override
        public void tearDown() {
            super.tearDown();
            if (tunnel != null) {
                tunnel.close();
            }
        }

        /** Keeps the server that the suite builds, for its port. */
        private final class Telling extends ForwardingServerBuilder<Telling> {

            private final ServerBuilder<?> builder;

            Telling(ServerBuilder<?> builder) {
                this.builder = builder;
            }

            @Override
            protected ServerBuilder<?> delegate() {
                return builder;
            }

            @Override
            public Server build() {
                Server built = super.build();
                server = built;
                return built;
            }
        }
    }
}
