package dev.adit.tunnel.netty.origin.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.netty.origin.OriginAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which addresses visitors may reach, also by the spellings that attackers try. */
class DestinationsTest {

    private static final IpRule[] EVERYTHING = {IpRule.allow("0.0.0.0/0"), IpRule.allow("::/0")};

    private static boolean allowed(String address, int port, IpRule... rules) throws UnknownHostException {
        return new Destinations(List.of(rules)).allow(InetAddress.getByName(address), port);
    }

    @Test
    void nothingIsAllowedWithoutARule() throws Exception {
        assertThat(allowed("10.0.0.1", 22)).isFalse();
        assertThat(allowed("2001:db8::1", 22)).isFalse();
        assertThat(allowed("10.0.0.1", 22, IpRule.allow("192.168.0.0/16"))).isFalse();
        assertThat(allowed("2001:db8::1", 22, IpRule.allow("0.0.0.0/0"))).isFalse();
        assertThat(allowed("10.0.0.1", 22, IpRule.allow("::/0"))).isFalse();
    }

    @Test
    void theFirstRuleThatHoldsDecides() throws Exception {
        IpRule[] rules = {
            IpRule.allow("10.0.0.5/32", 22), IpRule.deny("10.0.0.0/24"), IpRule.allow("10.0.0.0/8", 22, 443)
        };
        assertThat(allowed("10.0.0.5", 22, rules)).isTrue();
        assertThat(allowed("10.0.0.5", 443, rules)).isFalse();
        assertThat(allowed("10.0.0.6", 22, rules)).isFalse();
        assertThat(allowed("10.0.1.6", 443, rules)).isTrue();
        assertThat(allowed("10.0.1.6", 80, rules)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "10.128.0.0/9,10.127.255.255,false",
        "10.128.0.0/9,10.128.0.0,true",
        "10.1.2.3/32,10.1.2.3,true",
        "10.1.2.3/32,10.1.2.2,false",
        "10.1.2.3/8,10.200.0.1,true",
        "2001:db8::/33,2001:db8:8000::1,false",
        "2001:db8::/33,2001:db8:7fff::1,true",
        "::ffff:10.0.0.0/104,10.9.9.9,true",
        "::ffff:10.0.0.0/104,11.0.0.1,false"
    })
    void aPrefixIsComparedBitByBit(String prefix, String address, boolean expected) throws Exception {
        assertThat(allowed(address, 1, IpRule.allow(prefix))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.8.8.8",
                "127.1",
                "2130706433",
                "::1",
                "::ffff:127.0.0.1",
                "0.0.0.0",
                "0.1.2.3",
                "::",
                "169.254.169.254",
                "::ffff:169.254.169.254",
                "fe80::1",
                "224.0.0.1",
                "ff02::1",
                "255.255.255.255",
                "100.100.100.200",
                "168.63.129.16",
                "192.0.0.192",
                "fd20:ce::254",
                "64:ff9b:1:a9fe:a9:fe00:808:808",
                "2001:db8::5efe:7f00:1",
                "2001:db8::200:5efe:a9fe:a9fe",
                "fd00:ec2::254",
                "64:ff9b::7f00:1",
                "64:ff9b::a9fe:a9fe",
                "2002:7f00:1::",
                "2002:a9fe:a9fe::1",
                "2001:0:1:2:3:4:80ff:fffe",
                "::127.0.0.1",
                "64:ff9b:1::a9fe:a9fe"
            })
    void theMachineTheLinkAndMetadataNeedARuleThatNamesThem(String address) throws Exception {
        assertThat(allowed(address, 80, EVERYTHING)).isFalse();
    }

    @Test
    void aRuleThatNamesThemOpensThem() throws Exception {
        assertThat(allowed("127.0.0.1", 22, IpRule.allow("127.0.0.1/32", 22))).isTrue();
        assertThat(allowed("127.0.0.2", 22, IpRule.allow("127.0.0.0/8"))).isTrue();
        assertThat(allowed("::1", 22, IpRule.allow("::1/128"))).isTrue();
        assertThat(allowed("169.254.1.1", 22, IpRule.allow("169.254.1.0/24"))).isTrue();
        assertThat(allowed("127.0.0.1", 22, IpRule.allow("0.0.0.0/0"), IpRule.allow("127.0.0.1/32")))
                .isTrue();
        assertThat(allowed("127.0.0.1", 22, IpRule.deny("0.0.0.0/0"), IpRule.allow("127.0.0.1/32")))
                .isFalse();
    }

    @Test
    void everythingElseIsOpenToARuleForAll() throws Exception {
        assertThat(allowed("8.8.8.8", 53, EVERYTHING)).isTrue();
        assertThat(allowed("2001:4860:4860::8888", 53, EVERYTHING)).isTrue();
        assertThat(allowed("64:ff9b::808:808", 53, EVERYTHING)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.1:22,tcp://10.0.0.1:22", "ssh://h.test:22/x?y,tcp://h.test:22", "[::1]:443,tcp://[::1]:443"})
    void readsWhatABastionsVisitorNames(String value, String expected) {
        OriginAddress address = JumpDestination.of(List.of(value));
        assertThat(address).hasToString(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "h.test",
                "h.test:",
                "h.test:0",
                "h.test:65536",
                "h.test:22x",
                ":22",
                "::1:22",
                "[::1]",
                "[h.test]:22",
                "u@h.test:22",
                "[fe80::1%1]:22",
                "a b:22",
                "h.test:22:23",
                "h.test#x:22",
                "h.test\\:22",
                "h.test: 22"
            })
    void refusesWhatIsNoDestination(String value) {
        assertThat(JumpDestination.of(List.of(value))).isNull();
        assertThat(JumpDestination.of(List.of("a:1", "b:2"))).isNull();
    }
}
