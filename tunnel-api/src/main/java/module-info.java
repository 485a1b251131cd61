/** The API of Adit: a tunnel inside the JVM. The transport comes from another module, found through ServiceLoader. */
module dev.adit.tunnel {
    requires static transitive org.jspecify;

    exports dev.adit.tunnel;
    exports dev.adit.tunnel.event;
    exports dev.adit.tunnel.spi;

    uses dev.adit.tunnel.spi.TcpAccessProvider;
    uses dev.adit.tunnel.spi.TunnelClientProvider;
    uses dev.adit.tunnel.spi.TunnelEdgeProvider;
}
