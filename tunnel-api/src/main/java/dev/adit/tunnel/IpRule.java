package dev.adit.tunnel;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which destinations a visitor may reach through {@link Origin.Bastion} or {@link Origin.Socks}. The first rule that
 * holds for a destination decides; a destination for which none holds is refused. Rules look at the resolved address, and
 * the connection is opened to that very address.
 *
 * <p>Loopback, link-local, multicast and unspecified addresses and the metadata services of clouds are let through only by
 * a rule that names them, that is, one whose network lies within theirs: {@code 127.0.0.1/32} does, {@code 0.0.0.0/0}
 * does not. {@code ::/0} holds for no IPv4 address. An IPv6 address that carries an IPv4 address (NAT64, 6to4 and the
 * like) must be allowed in both forms.
 *
 * @param prefix a network in CIDR form, such as {@code 10.0.0.0/8} or {@code fd00::/8}
 * @param ports the ports it holds for, from 1 to 65535; empty for all
 * @param allow whether to let through what it holds for
 */
public record IpRule(String prefix, List<Integer> ports, boolean allow) {

    private static final Pattern CIDR = Pattern.compile("([0-9a-fA-F:.]+)/([0-9]{1,3})");
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
    private static final int MAX_PORT = 65535;
    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    /** Checks prefix and ports, and copies the list. */
    public IpRule {
        if (!isCidr(prefix)) {
            throw new IllegalArgumentException(
                    "prefix: '" + prefix + "' (expected: a network such as 10.0.0.0/8 or fd00::/8)");
        }
        ports = List.copyOf(ports);
        for (int port : ports) {
            if (port < 1 || port > MAX_PORT) {
                throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
            }
        }
    }

    /**
     * Lets a network through.
     *
     * @param prefix a network in CIDR form
     * @param ports empty for all
     * @return the rule
     * @throws IllegalArgumentException if the network or a port is not one
     */
    public static IpRule allow(String prefix, Integer... ports) {
        return new IpRule(prefix, List.of(ports), true);
    }

    /**
     * Keeps a network out.
     *
     * @param prefix a network in CIDR form
     * @param ports empty for all
     * @return the rule
     * @throws IllegalArgumentException if the network or a port is not one
     */
    public static IpRule deny(String prefix, Integer... ports) {
        return new IpRule(prefix, List.of(ports), false);
    }

    private static boolean isCidr(String text) {
        var parts = CIDR.matcher(text);
        if (!parts.matches()) {
            return false;
        }
        String address = parts.group(1);
        boolean ipv6 = address.indexOf(':') >= 0;
        if (!ipv6 && !IPV4.matcher(address).matches()) {
            return false;
        }
        try {
            InetAddress.getByName(address);
            return Integer.parseInt(parts.group(2)) <= (ipv6 ? IPV6_BITS : IPV4_BITS);
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
