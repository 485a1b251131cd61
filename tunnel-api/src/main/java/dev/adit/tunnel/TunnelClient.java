package dev.adit.tunnel;

import dev.adit.tunnel.event.TunnelListener;
import dev.adit.tunnel.spi.EdgeLink;
import dev.adit.tunnel.spi.PrivateNetwork;
import dev.adit.tunnel.spi.TunnelClientProvider;
import dev.adit.tunnel.spi.TunnelSettings;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A checked, immutable recipe for a tunnel. Building it opens nothing; {@link #start()} gives a running {@link Tunnel},
 * as often as it is called.
 *
 * <p>Environment variables, with cloudflared's names, are read by {@link #expose(int)} and {@link Builder#build()} for
 * what the application does not set: {@code TUNNEL_TOKEN}, {@code TUNNEL_EDGE} (addresses {@code host:port}, separated by
 * commas), {@code TUNNEL_REGION}, {@code TUNNEL_EDGE_IP_VERSION}, {@code TUNNEL_CACERT} (a PEM file that replaces every
 * other authority) and {@code TUNNEL_QUICK_SERVICE}; besides, {@code HTTPS_PROXY} and {@code NO_PROXY}.
 */
public final class TunnelClient {

    private final TunnelSettings settings;

    private TunnelClient(TunnelSettings settings) {
        this.settings = settings;
    }

    /**
     * Exposes a local HTTP port: through the tunnel of {@code TUNNEL_TOKEN} if that is set, else through a quick tunnel.
     *
     * @param port where the local service listens, on {@code localhost} (both address families are tried)
     * @return the running tunnel, registered
     * @throws TunnelException if it cannot be started
     */
    public static Tunnel expose(int port) {
        return exposing(port).build().start();
    }

    /**
     * Exposes a local HTTP port through a quick tunnel of an edge in this JVM.
     *
     * @param port where the local service listens, on {@code localhost}
     * @param edge an edge with a quick domain, such as {@link TunnelEdge#local()}
     * @return the running tunnel, registered
     * @throws TunnelException if it cannot be started
     */
    public static Tunnel expose(int port, TunnelEdge edge) {
        return exposing(port).edge(edge).build().start();
    }

    private static Builder exposing(int port) {
        return builder().ingress(IngressRule.otherwise(Origin.http("localhost", port)));
    }

    /**
     * Begins a client.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder(System.getenv());
    }

    static Builder builder(Map<String, String> environment) {
        return new Builder(environment);
    }

    /**
     * Starts a tunnel and waits until its first connection is registered.
     *
     * @return the running tunnel
     * @throws RegistrationException if the edge refused it
     * @throws TunnelException if there is no edge address, no edge could be reached, the address of the
     *     {@linkplain Builder#statusListener(InetSocketAddress) status listener} is in use, or the thread was interrupted
     */
    public Tunnel start() {
        CompletableFuture<Tunnel> starting = startAsync();
        try {
            return starting.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            starting.cancel(true);
            throw new TunnelException("Starting the tunnel was interrupted.", e);
        } catch (ExecutionException e) {
            throw unwrap(e);
        } catch (CancellationException e) {
            throw new TunnelException("Starting the tunnel was cancelled.", e);
        }
    }

    /**
     * Starts a tunnel.
     *
     * @return completes when the first connection is registered; exceptionally with a {@link TunnelException}. Cancel it
     *     to give up
     */
    public CompletableFuture<Tunnel> startAsync() {
        return TunnelClientProvider.load().start(settings);
    }

    private static TunnelException unwrap(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof TunnelException known) {
            return known;
        }
        return new TunnelException("The tunnel could not be started: " + cause, cause);
    }

    @Override
    public String toString() {
        return "TunnelClient[" + settings.ingress() + "]";
    }

    /** A client to be. Not for use by several threads. */
    public static final class Builder {

        private static final String DEFAULT_QUICK_SERVICE = "https://api.trycloudflare.com";

        /** The index of a connection is one byte on the wire. */
        private static final int MAX_CONNECTIONS = 256;

        private static final int DEFAULT_CONNECTIONS = 4;

        private static final Pattern DECLARED = Pattern.compile("[ -~]{1,255}");

        /** What can stand in a DNS label. */
        static final Pattern REGION = Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}[A-Za-z0-9])?");

        private final Map<String, String> environment;
        private @Nullable TunnelCredentials credentials;
        private @Nullable TunnelEdge edge;
        private List<InetSocketAddress> edgeAddresses = List.of();
        private @Nullable Integer connections;
        private @Nullable String region;
        private @Nullable EdgeIpVersion edgeIpVersion;
        private @Nullable EdgeProxy proxy;
        private boolean withoutProxy;
        private @Nullable String declaredVersion;
        private @Nullable String declaredArchitecture;
        private @Nullable EdgeTrust edgeTrust;
        private @Nullable URI quickService;
        private @Nullable Ingress ingress;
        private @Nullable Boolean acceptRemoteConfiguration;
        private Duration connectTimeout = Duration.ofSeconds(15);
        private Duration registrationTimeout = Duration.ofSeconds(5);
        private Duration gracePeriod = Duration.ofSeconds(30);
        private final List<TunnelListener> listeners = new ArrayList<>();
        private @Nullable Executor handlerExecutor;
        private @Nullable ScheduledExecutorService eventLoops;
        private boolean closeOnShutdown;
        private @Nullable InetSocketAddress statusListener;

        private @Nullable PrivateNetwork privateNetwork;

        private Builder(Map<String, String> environment) {
            this.environment = environment;
        }

        /**
         * Sets what to register with. By default that of {@code TUNNEL_TOKEN}; without it, or with an {@link #edge} of
         * this JVM, a quick tunnel is asked for.
         *
         * @param value the credentials
         * @return this
         */
        public Builder credentials(TunnelCredentials value) {
            credentials = value;
            return this;
        }

        /**
         * Joins an edge of this JVM: its address and its authority are known.
         *
         * @param value a running edge
         * @return this
         */
        public Builder edge(TunnelEdge value) {
            edge = value;
            return this;
        }

        /**
         * Sets where to dial. By default the addresses in {@code TUNNEL_EDGE}, else Cloudflare's, which are looked up.
         *
         * @param addresses at least one; unresolved ones are resolved at each attempt
         * @return this
         */
        public Builder edgeAddresses(InetSocketAddress... addresses) {
            edgeAddresses = List.of(addresses);
            return this;
        }

        /**
         * Sets how many connections to keep to the edge, on different addresses where the edge has enough of them. With
         * fewer addresses they are shared evenly. Default 4, and 1 for a quick tunnel, as cloudflared has it.
         *
         * @param count from 1 to 256
         * @return this
         */
        public Builder connections(int count) {
            if (count < 1 || count > MAX_CONNECTIONS) {
                throw new IllegalArgumentException("connections: " + count + " (expected: 1..256)");
            }
            connections = count;
            return this;
        }

        /**
         * Sets the region of Cloudflare's network whose addresses are looked up, such as {@code us}. By default that of
         * {@code TUNNEL_REGION}, else that of the credentials, else the whole network. Without effect where the edge is
         * given.
         *
         * @param value letters, digits and hyphens
         * @return this
         */
        public Builder region(String value) {
            if (!REGION.matcher(value).matches()) {
                throw new IllegalArgumentException(
                        "region: '" + value + "' (expected: letters, digits, hyphens, such as us)");
            }
            region = value;
            return this;
        }

        /**
         * Sets which addresses of the edge's names are dialled. By default what {@code TUNNEL_EDGE_IP_VERSION} says
         * ({@code auto}, {@code 4} or {@code 6}), else {@link EdgeIpVersion#AUTO}.
         *
         * @param value the family
         * @return this
         */
        public Builder edgeIpVersion(EdgeIpVersion value) {
            edgeIpVersion = value;
            return this;
        }

        /**
         * Sets a proxy to reach the edge through: all connections to it, and the look-up over TLS. By default that of
         * {@code HTTPS_PROXY}, for hosts that are not on the list {@code NO_PROXY} and not loopback; else none. An
         * {@link #edge} of this JVM is never reached through a proxy; origins and the quick-tunnel service neither.
         *
         * @param value the proxy
         * @return this
         */
        public Builder proxy(EdgeProxy value) {
            proxy = value;
            withoutProxy = false;
            return this;
        }

        /**
         * Reaches the edge straight, whatever {@code HTTPS_PROXY} says.
         *
         * @return this
         */
        public Builder noProxy() {
            proxy = null;
            withoutProxy = true;
            return this;
        }

        /**
         * Sets the version that the edge is told and shows to its operators. Default Adit's own, such as
         * {@code adit/0.1.0}.
         *
         * @param value up to 255 printable ASCII characters
         * @return this
         */
        public Builder declaredVersion(String value) {
            declaredVersion = declared("declaredVersion", value);
            return this;
        }

        /**
         * Sets the operating system and processor that the edge is told and shows to its operators. Default this
         * machine's, in Go's names as cloudflared sends them, such as {@code linux_amd64}.
         *
         * @param value up to 255 printable ASCII characters
         * @return this
         */
        public Builder declaredArchitecture(String value) {
            declaredArchitecture = declared("declaredArchitecture", value);
            return this;
        }

        /**
         * Sets whom to take for the edge. By default the authorities in the file {@code TUNNEL_CACERT} and no others, else
         * {@link EdgeTrust#cloudflare()}.
         *
         * @param value the trust
         * @return this
         */
        public Builder edgeTrust(EdgeTrust value) {
            edgeTrust = value;
            return this;
        }

        /**
         * Sets where to ask for a quick tunnel. By default {@code TUNNEL_QUICK_SERVICE}, else Cloudflare's
         * {@code https://api.trycloudflare.com}.
         *
         * @param value the service's base address, http or https
         * @return this
         */
        public Builder quickService(URI value) {
            quickService = value;
            return this;
        }

        /**
         * Sets the rules.
         *
         * @param rules in order, the last a catch-all
         * @return this
         * @throws IngressException for the first thing that is wrong
         */
        public Builder ingress(IngressRule... rules) {
            return ingress(Ingress.of(rules));
        }

        /**
         * Sets the rules.
         *
         * @param value checked rules
         * @return this
         */
        public Builder ingress(Ingress value) {
            ingress = value;
            return this;
        }

        /**
         * Sets whether the edge may replace the rules, as a tunnel that is managed in Cloudflare's dashboard expects. What
         * it sends replaces all rules, also those of {@link Tunnel#updateIngress}, and is announced by
         * {@link dev.adit.tunnel.event.TunnelEvent.ConfigurationApplied}. A version that is not newer, or not valid,
         * changes nothing. Default: true if no rules are given, until the first push every request is then answered 503;
         * else false, and what the edge sends is answered as not applied.
         *
         * @param value whether to take rules from the edge
         * @return this
         */
        public Builder acceptRemoteConfiguration(boolean value) {
            acceptRemoteConfiguration = value;
            return this;
        }

        /**
         * Sets the limit for the TCP connect to the edge, and again for the TLS handshake. Default 15 s.
         *
         * @param value more than zero
         * @return this
         */
        public Builder connectTimeout(Duration value) {
            connectTimeout = positive("connectTimeout", value);
            return this;
        }

        /**
         * Sets the limit for the answer to a registration. Default 5 s.
         *
         * @param value more than zero
         * @return this
         */
        public Builder registrationTimeout(Duration value) {
            registrationTimeout = positive("registrationTimeout", value);
            return this;
        }

        /**
         * Sets the grace period of {@link Tunnel#close()}. Default 30 s.
         *
         * @param value zero or more
         * @return this
         */
        public Builder gracePeriod(Duration value) {
            if (value.isNegative()) {
                throw new IllegalArgumentException("gracePeriod: " + value + " (expected: >= 0)");
            }
            gracePeriod = value;
            return this;
        }

        /**
         * Adds a listener that is told from the very start.
         *
         * @param value called off the event loops, one event after the other
         * @return this
         */
        public Builder listener(TunnelListener value) {
            listeners.add(value);
            return this;
        }

        /**
         * Lends an executor for {@link OriginHandler} and {@link AsyncOriginHandler}; it is not shut down. Default virtual
         * threads where the JVM has them, else a bounded pool of daemon threads.
         *
         * @param value must not run tasks on the calling thread
         * @return this
         */
        public Builder handlerExecutor(Executor value) {
            handlerExecutor = value;
            return this;
        }

        /**
         * Borrows event loops; they are not shut down. Default a group of the tunnel's own with daemon threads.
         *
         * @param group an {@code io.netty.channel.EventLoopGroup}
         * @return this
         */
        public Builder eventLoops(ScheduledExecutorService group) {
            eventLoops = group;
            return this;
        }

        /**
         * Closes the tunnel when the JVM shuts down (Ctrl-C, SIGTERM), with its grace period. Default false: no shutdown
         * hook is registered.
         *
         * @param value whether to register a hook
         * @return this
         */
        public Builder closeOnShutdown(boolean value) {
            closeOnShutdown = value;
            return this;
        }

        /**
         * Serves private TCP streams: the edge names an IP address and a port, and the stream is carried there, past all
         * rules of {@link #ingress}. Where cloudflared reaches any address in this way and cannot be kept from it, here
         * nothing is served by default, and then only what a rule allows. The first rule that holds decides; addresses of
         * this machine, of the link and of cloud metadata services are reached only by a rule that lies within their
         * network. The edge decides who may use the streams.
         *
         * @param settings limits and timeouts
         * @param rules which addresses and ports may be reached; with none, nothing
         * @return this
         */
        public Builder privateNetwork(WarpRouting settings, IpRule... rules) {
            privateNetwork = new PrivateNetwork(settings, List.of(rules));
            return this;
        }

        /**
         * Tells of the running tunnel on a port of {@code 127.0.0.1}; see {@link #statusListener(InetSocketAddress)}.
         *
         * @param port 0 for a free one, which {@link Tunnel#statusAddress()} tells
         * @return this
         */
        public Builder statusListener(int port) {
            return statusListener(new InetSocketAddress("127.0.0.1", port));
        }

        /**
         * Tells of the running tunnel over HTTP, for probes and scrapers, with the paths and answers of cloudflared's
         * metrics server: {@code /ready}, {@code /healthcheck}, {@code /metrics} (Prometheus' text format), {@code
         * /config}, {@code /diag/tunnel} and {@code /quicktunnel}. It answers from before the first dial until the tunnel
         * is closed, has a thread of its own, and shows no secrets; but it shows rules and addresses to whoever can reach
         * it, so an address other than loopback wants a firewall. Requests must name an IP address, {@code localhost} or
         * the name given here as their host. Default none: nothing listens.
         *
         * @param address an address of this machine; port 0 for a free one, which {@link Tunnel#statusAddress()} tells
         * @return this
         */
        public Builder statusListener(InetSocketAddress address) {
            statusListener = address;
            return this;
        }

        /**
         * Checks everything and completes the client. Nothing is opened.
         *
         * @return the client
         * @throws TunnelException if there are no rules, an environment variable cannot be used, or something asked for
         *     is not served
         */
        public TunnelClient build() {
            ClientEnvironment env = new ClientEnvironment(environment);
            TunnelCredentials registerWith = credentials != null || edge != null ? credentials : env.credentials();
            boolean fromEdge = acceptRemoteConfiguration == null
                    ? ingress == null && registerWith != null
                    : acceptRemoteConfiguration;
            if (ingress == null && !fromEdge) {
                throw new TunnelException("The client has no ingress rules, so no request could be served. "
                        + "Call ingress(...), for example with IngressRule.otherwise(Origin.http(\"localhost\", 8080)),"
                        + " or give credentials, so that the edge can send rules.");
            }
            boolean fromEnvironment = proxy == null && !withoutProxy && edge == null;
            TunnelSettings settings = new TunnelSettings(
                    registerWith,
                    edge,
                    edge == null && edgeAddresses.isEmpty() ? env.edgeAddresses() : edgeAddresses,
                    new EdgeLink(
                            connections(registerWith),
                            region(env, registerWith),
                            edgeIpVersion == null ? env.edgeIpVersion() : edgeIpVersion,
                            fromEnvironment ? env.proxy() : proxy,
                            fromEnvironment ? env.noProxy() : null,
                            declaredVersion,
                            declaredArchitecture),
                    edgeTrust == null ? (edge == null ? env.edgeTrust() : edge.trust()) : edgeTrust,
                    quickService == null ? env.quickService(DEFAULT_QUICK_SERVICE) : quickService,
                    ingress == null ? Ingress.of(IngressRule.otherwise(Origin.status(503))) : ingress,
                    fromEdge,
                    connectTimeout,
                    registrationTimeout,
                    gracePeriod,
                    listeners,
                    handlerExecutor,
                    eventLoops,
                    closeOnShutdown,
                    statusListener,
                    privateNetwork);
            TunnelClientProvider.load().check(settings);
            return new TunnelClient(settings);
        }

        private int connections(@Nullable TunnelCredentials registerWith) {
            if (connections != null) {
                return connections;
            }
            return registerWith == null ? 1 : DEFAULT_CONNECTIONS;
        }

        private @Nullable String region(ClientEnvironment env, @Nullable TunnelCredentials registerWith) {
            String asked = region == null ? env.region() : region;
            String bound = registerWith == null ? null : registerWith.region().orElse(null);
            if (asked != null && bound != null && !asked.equals(bound)) {
                throw new TunnelException("The tunnel belongs to the region '" + bound + "', but '" + asked
                        + "' is asked for. Leave region(...) and TUNNEL_REGION out.");
            }
            return asked == null ? bound : asked;
        }

        private static String declared(String name, String value) {
            if (!DECLARED.matcher(value).matches()) {
                throw new IllegalArgumentException(
                        name + ": " + value.length() + " characters (expected: 1 to 255, printable ASCII)");
            }
            return value;
        }

        private static Duration positive(String name, Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
            }
            return value;
        }
    }
}
