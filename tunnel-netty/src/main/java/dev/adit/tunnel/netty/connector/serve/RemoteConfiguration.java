package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.ConfigException;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.RuleMode;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.connector.config.ConfigPush;
import dev.adit.tunnel.netty.wire.LogText;
import dev.adit.tunnel.spi.ConfigSource;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configuration that the edge pushes to one tunnel, over any of its connections. Pushes are taken one after the other
 * on a thread of its own, because they may read files. An older version, or the same again, changes nothing; a bad one is
 * refused whole and the last good one stays. The version outlives connections. Safe for use by several threads. Source:
 * cloudflared 2026.8.2, {@code orchestration/orchestrator.go}.
 */
public final class RemoteConfiguration implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RemoteConfiguration.class);

    /** The version before any push. */
    private static final int NONE = -1;

    private static final int MAX_WAITING = 16;
    private static final long IDLE_SECONDS = 5;

    private final boolean accepted;
    private final Consumer<Ingress> apply;
    private final ThreadPoolExecutor thread;
    private volatile int version = NONE;

    /**
     * Begins without any push.
     *
     * @param accepted whether pushes are applied; else each is answered as refused
     * @param apply puts checked rules in force, or throws and leaves the old ones
     */
    public RemoteConfiguration(boolean accepted, Consumer<Ingress> apply) {
        this.accepted = accepted;
        this.apply = apply;
        this.thread = new ThreadPoolExecutor(
                1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MAX_WAITING), task -> {
                    Thread daemon = new Thread(task, "adit-configuration");
                    daemon.setDaemon(true);
                    return daemon;
                });
        thread.allowCoreThreadTimeOut(true);
    }

    /** The rules of a tunnel that has none: 503 for every request, as in cloudflared. */
    public static Ingress noRules() {
        return Ingress.of(IngressRule.otherwise(Origin.status(503)));
    }

    /**
     * Tells whether pushes are applied.
     *
     * @return whether the edge is to be told that they are welcome
     */
    public boolean isAccepted() {
        return accepted;
    }

    /**
     * Returns the version in force.
     *
     * @return of the last push that was applied; -1 if none was
     */
    public int version() {
        return version;
    }

    /**
     * Takes a push.
     *
     * @param body at most {@link ConfigurationStream#MAX_BYTES}
     * @return completes on a thread of ours with the answer. Never exceptionally
     */
    CompletableFuture<ConfigurationAnswer> push(byte[] body) {
        if (!accepted) {
            LOG.info("The edge pushed a configuration; it was not applied, because the application gave its own rules."
                    + " acceptRemoteConfiguration(true) lets it in.");
            return CompletableFuture.completedFuture(ConfigurationAnswer.refused(
                    NONE, "This connector takes its rules from its application, not from the edge."));
        }
        try {
            return CompletableFuture.supplyAsync(() -> take(new String(body, StandardCharsets.UTF_8)), thread)
                    .exceptionally(failure -> {
                        LOG.warn("A pushed configuration could not be handled; version {} stays.", version, failure);
                        return ConfigurationAnswer.refused(version, "The connector failed on it; its log says more.");
                    });
        } catch (RejectedExecutionException e) {
            LOG.warn("The edge pushes faster than configurations can be applied; one was refused.");
            return CompletableFuture.completedFuture(
                    ConfigurationAnswer.refused(version, "Too many pushes are waiting. Push again later."));
        }
    }

    private ConfigurationAnswer take(String body) {
        ConfigPush push;
        try {
            push = ConfigPush.read(body);
        } catch (ConfigException e) {
            LOG.warn("The edge pushed what is no configuration: {}. Version {} stays.", e.getMessage(), version);
            return ConfigurationAnswer.UNREADABLE;
        }
        if (push.version() <= version) {
            LOG.debug("The edge pushed version {}; version {} is in force already.", push.version(), version);
            return ConfigurationAnswer.applied(version);
        }
        try {
            apply(push);
            LOG.info("Version {} of the edge's configuration is in force.", version);
            return ConfigurationAnswer.applied(version);
        } catch (TunnelException e) {
            String reason = reason(e);
            LOG.warn(
                    "Version {} of the edge's configuration is refused whole: {} Version {} stays in force. Correct it"
                            + " where it is kept; the next version is tried.",
                    push.version(),
                    LogText.safe(reason),
                    version);
            return ConfigurationAnswer.refused(version, reason);
        }
    }

    private void apply(ConfigPush push) {
        ConfigSource source = push.source();
        Ingress rules = noRules();
        if (source.hasRules()) {
            rules = Ingress.ofChecked(source.rules(RuleMode.STANDARD));
            ServedRules.check(rules);
        }
        apply.accept(rules);
        version = push.version();
        rules.lint().forEach(warning -> LOG.info("The edge's configuration, {}", LogText.safe(warning.toString())));
    }

    private static String reason(TunnelException failure) {
        String rule = failure instanceof IngressException ingress && ingress.ruleIndex() >= 0
                ? "Ingress rule " + ingress.ruleIndex() + " (counted from 0): "
                : "";
        String text = rule + failure.getMessage();
        return text.endsWith(".") ? text : text + ".";
    }

    /** Takes no more pushes; one that is being taken is finished. */
    @Override
    public void close() {
        thread.shutdown();
    }
}
