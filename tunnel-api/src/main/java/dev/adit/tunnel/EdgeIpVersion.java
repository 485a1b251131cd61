package dev.adit.tunnel;

/** Which addresses of the edge's names are dialled. */
public enum EdgeIpVersion {
    /** Both families, the one that the system's resolver names first preferred; IPv4 where IPv6 has failed. */
    AUTO,
    /** IPv4 alone. */
    IPV4,
    /** IPv6 alone. */
    IPV6
}
