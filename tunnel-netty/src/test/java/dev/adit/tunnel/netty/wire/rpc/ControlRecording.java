package dev.adit.tunnel.netty.wire.rpc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** One recorded control stream of the genuine connector and the edge that answered it. */
record ControlRecording(String name, List<Message> messages) {

    static final List<String> NAMES = List.of(
            "ok-local",
            "ok-remote",
            "features",
            "refused",
            "refused-retry",
            "duplicate",
            "rpc-exception",
            "local-config-rejected",
            "register-timeout",
            "bootstrap-unanswered");

    /** One message as it was sent, and what another decoder made of it. */
    record Message(boolean fromConnector, String hex, Map<String, Object> decoded) {
        byte[] frame() {
            return HexFormat.of().parseHex(hex);
        }

        String kind() {
            return (String) Objects.requireNonNull(decoded.get("message"));
        }
    }

    static Stream<ControlRecording> all() {
        return NAMES.stream().map(ControlRecording::load);
    }

    static ControlRecording load(String name) {
        try (JsonParser parser = new JsonFactory().createParser(resource(name + ".json"))) {
            parser.nextToken();
            List<Message> messages = new ArrayList<>();
            for (Object entry : list(map(value(parser)).get("messages"))) {
                Map<String, Object> message = map(entry);
                messages.add(new Message(
                        "connector".equals(message.get("from")),
                        (String) message.get("hex"),
                        map(message.get("decoded"))));
            }
            return new ControlRecording(name, List.copyOf(messages));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Message> from(boolean connector) {
        return messages.stream().filter(m -> m.fromConnector() == connector).toList();
    }

    /** Everything one side wrote, read from the raw recording. */
    byte[] bytes(boolean fromConnector) {
        String file = name + (fromConnector ? ".connector-to-edge.hex" : ".edge-to-connector.hex");
        return HexFormat.of().parseHex(new String(resource(file), StandardCharsets.US_ASCII).replaceAll("\\s", ""));
    }

    static byte[] join(List<Message> messages) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        messages.forEach(m -> joined.writeBytes(m.frame()));
        return joined.toByteArray();
    }

    @Override
    public String toString() {
        return name;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    static List<Object> list(Object value) {
        return (List<Object>) value;
    }

    private static byte[] resource(String file) {
        try (InputStream in = ControlRecording.class.getResourceAsStream("/vectors/control/" + file)) {
            return Objects.requireNonNull(in, file).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getIntValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> "null";
            default -> throw new IOException("Unexpected " + parser.currentToken());
        };
    }

    private static Map<String, Object> object(JsonParser parser) throws IOException {
        Map<String, Object> object = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            parser.nextToken();
            object.put(key, value(parser));
        }
        return object;
    }

    private static List<Object> array(JsonParser parser) throws IOException {
        List<Object> array = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            array.add(value(parser));
        }
        return array;
    }
}
