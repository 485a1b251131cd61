package dev.adit.tunnel.netty.origin.stream;

import dev.adit.tunnel.IpRule;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which addresses visitors may reach: the first rule that holds decides, and without one nothing is allowed. Immutable.
 *
 * <p>Addresses that mean this machine, this link or nobody in particular are only allowed by a rule that names them, that
 * is, one whose network lies within theirs: {@code 0.0.0.0/0} does not open the loopback or a cloud's metadata service.
 * An IPv6 address that carries an IPv4 address must be allowed in both forms.
 */
final class Destinations {

    private static final int MAPPED_BITS = 96;

    /** RFC 6890, RFC 4291 and RFC 8215 (whose networks may hold an IPv4 address anywhere); the last five are the metadata
     * services of clouds that are not link-local. */
    private static final List<Network> NEED_NAMING = Network.all(
            "0.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "::/128",
            "::1/128",
            "fe80::/10",
            "ff00::/8",
            "64:ff9b:1::/48",
            "100.100.100.200/32",
            "168.63.129.16/32",
            "192.0.0.192/32",
            "fd00:ec2::254/128",
            "fd20:ce::254/128");

    private final List<Rule> rules = new ArrayList<>();

    private record Rule(Network network, List<Integer> ports, boolean allow) {}

    /** An address and how many bits of it count; IPv4 in 4 octets. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Network(byte[] address, int bits) {

        static List<Network> all(String... prefixes) {
            return Arrays.stream(prefixes).map(Network::of).toList();
        }

        static Network of(String prefix) {
            int slash = prefix.indexOf('/');
            String text = prefix.substring(0, slash);
            byte[] address = octets(text);
            int bits = Integer.parseInt(prefix.substring(slash + 1));
            boolean mapped = address.length == 4 && text.indexOf(':') >= 0;
            return new Network(address, mapped ? Math.max(0, bits - MAPPED_BITS) : bits);
        }

        private static byte[] octets(String literal) {
            try {
                return InetAddress.getByName(literal).getAddress();
            } catch (UnknownHostException e) {
                throw new IllegalArgumentException("prefix: '" + literal + "' (expected: an IP address)", e);
            }
        }

        boolean contains(byte[] other) {
            if (other.length != address.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit += 8) {
                int mask = bits - bit >= 8 ? 0xFF : 0xFF << (8 - (bits - bit));
                if (((other[bit / 8] ^ address[bit / 8]) & mask) != 0) {
                    return false;
                }
            }
            return true;
        }

        boolean isWithin(Network wider) {
            return bits >= wider.bits && wider.contains(address);
        }
    }

    Destinations(List<IpRule> rules) {
        for (IpRule rule : rules) {
            this.rules.add(new Rule(Network.of(rule.prefix()), rule.ports(), rule.allow()));
        }
    }

    /** Whether a connection may be opened to it. */
    boolean allow(InetAddress address, int port) {
        byte[] octets = address.getAddress();
        if (!allow(octets, port)) {
            return false;
        }
        byte[] carried = address instanceof Inet6Address ? carriedIpv4(octets) : new byte[0];
        return carried.length == 0 || allow(carried, port);
    }

    private boolean allow(byte[] address, int port) {
        List<Network> special = NEED_NAMING.stream()
                .filter(network -> network.contains(address))
                .toList();
        for (Rule rule : rules) {
            boolean holds = rule.network().contains(address)
                    && (rule.ports().isEmpty() || rule.ports().contains(port));
            boolean named = special.stream().allMatch(rule.network()::isWithin);
            if (holds && (named || !rule.allow())) {
                return rule.allow();
            }
        }
        return false;
    }

    /**
     * The IPv4 address that a gateway on the way, or the system itself, may take it for: mapped and compatible (RFC 4291
     * section 2.5.5), NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380) and ISATAP
     * (RFC 5214); empty if there is none.
     */
    private static byte[] carriedIpv4(byte[] ipv6) {
        int first = (ipv6[0] & 0xFF) << 8 | (ipv6[1] & 0xFF);
        int second = (ipv6[2] & 0xFF) << 8 | (ipv6[3] & 0xFF);
        if (first == 0x2002) {
            return Arrays.copyOfRange(ipv6, 2, 6);
        }
        byte[] last = Arrays.copyOfRange(ipv6, 12, 16);
        if (first == 0x2001 && second == 0) {
            for (int i = 0; i < last.length; i++) {
                last[i] = (byte) ~last[i];
            }
            return last;
        }
        boolean isatap = (ipv6[8] & ~2) == 0 && ipv6[9] == 0 && ipv6[10] == 0x5E && ipv6[11] == (byte) 0xFE;
        boolean nat64 = first == 0x64 && second == 0xff9b;
        boolean zeros = true;
        for (int i = 0; i < 10; i++) {
            zeros &= ipv6[i] == 0;
        }
        boolean mapped = ipv6[10] == -1 && ipv6[11] == -1;
        boolean compatible = ipv6[10] == 0 && ipv6[11] == 0 && last[0] != 0;
        return nat64 || isatap || (zeros && (mapped || compatible)) ? last : new byte[0];
    }

    /** The addresses among these that a connection may be opened to. */
    List<InetAddress> allowed(List<InetAddress> addresses, int port) {
        return addresses.stream()
                .filter(address -> address instanceof Inet4Address || address instanceof Inet6Address)
                .filter(address -> allow(address, port))
                .toList();
    }
}
