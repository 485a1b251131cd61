package dev.adit.tunnel.netty;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.IngressWarning;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.netty.connector.config.ConfigReader;
import dev.adit.tunnel.netty.connector.ingress.RuleCompiler;
import dev.adit.tunnel.netty.connector.ingress.RuleLint;
import dev.adit.tunnel.netty.connector.serve.ServedRules;
import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.spi.ConfigSource;
import dev.adit.tunnel.spi.IngressMatcher;
import dev.adit.tunnel.spi.TunnelClientProvider;
import dev.adit.tunnel.spi.TunnelSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The connector of this module, public only for {@link java.util.ServiceLoader}. */
public final class NettyTunnelClientProvider implements TunnelClientProvider {

    /** Called by {@link java.util.ServiceLoader}. */
    public NettyTunnelClientProvider() {}

    @Override
    public IngressMatcher compile(List<IngressRule> rules) {
        return RuleCompiler.compile(rules);
    }

    @Override
    public List<IngressWarning> lint(List<IngressRule> rules) {
        return RuleLint.of(rules);
    }

    @Override
    public ConfigSource readYaml(String text, String name) {
        return ConfigReader.yaml(text, name);
    }

    @Override
    public ConfigSource readJson(String text) {
        return ConfigReader.json(text);
    }

    @Override
    public Duration readDuration(String text) {
        return ConfigReader.duration(text);
    }

    @Override
    public void check(TunnelSettings settings) {
        ServedRules.check(settings.ingress());
        if (settings.eventLoops() != null) {
            EventLoops.borrowed(settings.eventLoops());
        }
    }

    @Override
    public CompletableFuture<Tunnel> start(TunnelSettings settings) {
        return TunnelStart.of(settings);
    }

    @Override
    public Map<String, String> readStrings(String json) {
        return FlatJson.read(json);
    }
}
