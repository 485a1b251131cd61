package dev.adit.tunnel.spi;

/**
 * How a client keeps its connections to the edge. The meaning and default of each is that of the method of
 * {@link dev.adit.tunnel.TunnelClient.Builder} of the same name.
 *
 * @param connections how many to keep, at least 1
 */
public record EdgeLink(int connections) {}
