package dev.adit.tunnel.netty.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserHeadersTest {

    @Test
    void decodesWhatTheGenuineConnectorSent() throws Exception {
        HttpHeaders headers = UserHeaders.decode("Q29udGVudC1UeXBl:dGV4dC9wbGFpbg;Q29udGVudC1MZW5ndGg:Mg");

        assertThat(fields(headers)).containsExactly("Content-Type: text/plain", "Content-Length: 2");
    }

    @Test
    void encodesAsTheGenuineConnectorDoes() throws Exception {
        HttpHeaders headers = headers("Content-Type", "text/plain", "Content-Length", "2");

        assertThat(UserHeaders.encode(headers).toString())
                .isEqualTo("Q29udGVudC1UeXBl:dGV4dC9wbGFpbg;Q29udGVudC1MZW5ndGg:Mg");
    }

    @Test
    void keepsOrderCaseRepetitionAndEveryOctet() throws Exception {
        StringBuilder octets = new StringBuilder("\t");
        for (char c = 0x20; c <= 0xFF; c++) {
            if (c != 0x7F) {
                octets.append(c);
            }
        }
        HttpHeaders headers =
                headers("x-LOWER", octets.toString(), "Set-Cookie", "a=1", "set-cookie", "b=2", "Empty", "");

        assertThat(fields(UserHeaders.decode(UserHeaders.encode(headers)))).isEqualTo(fields(headers));
    }

    @Test
    void noHeadersAreAnEmptyValue() throws Exception {
        assertThat(UserHeaders.encode(headers()).toString()).isEmpty();
        assertThat(UserHeaders.decode("")).isEmpty();
        assertThat(UserHeaders.decode(";;")).isEmpty();
    }

    @Test
    void leavesInternalNamesOut() throws Exception {
        HttpHeaders headers = headers(
                "CF-Int-Secret",
                "1",
                "cf-cloudflared-response-meta",
                "2",
                "Cf-Proxy-X",
                "3",
                ":status",
                "4",
                "Cf-Ray",
                "5");

        assertThat(fields(UserHeaders.decode(UserHeaders.encode(headers)))).containsExactly("Cf-Ray: 5");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\r\nSet-Cookie: x",
                "a\nb",
                "a\rb",
                "a\0b",
                "a\u007fb",
                "a\u0001b",
            })
    void refusesValuesThatCouldSplitAResponse(String value) {
        assertThatThrownBy(() -> UserHeaders.decode(serialised("Name", value)))
                .isInstanceOf(MalformedHeadersException.class)
                .hasMessageNotContaining("Set-Cookie");
        assertThatThrownBy(() -> UserHeaders.encode(headers("Name", value)))
                .isInstanceOf(MalformedHeadersException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "a b", "a:b", ":status", "a\n", "n\u00e4me", "a;b", "(", "cf-int-x", "Cf-Cloudflared-Y"})
    void refusesNamesThatAreNoTokensOrInternal(String name) {
        assertThatThrownBy(() -> UserHeaders.decode(serialised(name, "v")))
                .isInstanceOf(MalformedHeadersException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"YQ", "YQ:YQ:YQ", "YQ==:YQ", "Y!:YQ", "YQ:Y", ":", "YQ:YQ=", "Y_Y:YQ"})
    void refusesWhatIsNoList(String value) {
        assertThatThrownBy(() -> UserHeaders.decode(value)).isInstanceOf(MalformedHeadersException.class);
    }

    @Test
    void boundsSizeAndNumber() {
        String big = "v".repeat(UserHeaders.MAX_TOTAL_SIZE * 2);
        assertThatThrownBy(() -> UserHeaders.encode(headers("Big", big))).isInstanceOf(MalformedHeadersException.class);
        assertThatThrownBy(() -> UserHeaders.decode("YQ:YQ;".repeat(UserHeaders.MAX_FIELDS + 1)))
                .isInstanceOf(MalformedHeadersException.class);
    }

    @Test
    void decodingNeverGivesAnIllegalHeader() {
        Random random = new Random(20261123);
        String valid = "Q29udGVudC1UeXBl:dGV4dC9wbGFpbg;Q29udGVudC1MZW5ndGg:Mg";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder mutated = new StringBuilder(valid);
            for (int i = random.nextInt(4); i >= 0; i--) {
                mutated.setCharAt(random.nextInt(mutated.length()), (char) random.nextInt(128));
            }
            try {
                for (String field : fields(UserHeaders.decode(mutated))) {
                    assertThat(field).matches("[!-~&&[^:;()]]+: [\\t\\x20-\\x7E\\x80-\\xFF]*");
                }
            } catch (MalformedHeadersException expected) {
                assertThat(expected).hasMessageNotContaining(valid);
            }
        }
    }

    private static AsciiString serialised(String name, String value) {
        Base64.Encoder encoder = Base64.getEncoder().withoutPadding();
        return AsciiString.of(encoder.encodeToString(name.getBytes(StandardCharsets.ISO_8859_1)) + ":"
                + encoder.encodeToString(value.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static HttpHeaders headers(String... namesAndValues) {
        HttpHeaders headers =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return headers;
    }

    private static List<String> fields(HttpHeaders headers) {
        List<String> fields = new ArrayList<>();
        var entries = headers.iteratorCharSequence();
        while (entries.hasNext()) {
            Map.Entry<CharSequence, CharSequence> entry = entries.next();
            fields.add(entry.getKey() + ": " + entry.getValue());
        }
        return fields;
    }
}
