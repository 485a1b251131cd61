package dev.adit.tunnel.netty;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads JSON objects whose values are strings: tokens, credentials files, answers of a quick-tunnel service. */
final class FlatJson {

    private static final int MAX_LENGTH = 64 * 1024;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(MAX_LENGTH)
                    .maxNestingDepth(8)
                    .build())
            .build();

    private FlatJson() {}

    /**
     * Reads an object.
     *
     * @return names and values in order, without those that are null
     * @throws IllegalArgumentException if the text is no such object; the message does not repeat it
     */
    static Map<String, String> read(String text) {
        return read(text, null);
    }

    /**
     * Reads the object that is the value of one name of the outer object, or the outer object itself.
     *
     * @param within the name; null for the outer object, which must then hold strings only
     */
    static Map<String, String> read(String text, @Nullable String within) {
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("it is longer than " + MAX_LENGTH + " characters");
        }
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("it is no JSON object");
            }
            Map<String, String> values = within == null ? strings(parser) : find(parser, within);
            if (within == null && parser.nextToken() != null) {
                throw new IllegalArgumentException("something follows the JSON object");
            }
            return values;
        } catch (IOException e) {
            // The parser's message repeats the text, which may be a secret.
            throw new IllegalArgumentException("it is no valid JSON");
        }
    }

    private static Map<String, String> find(JsonParser parser, String name) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean wanted = parser.currentName().equals(name);
            JsonToken value = parser.nextToken();
            if (wanted && value == JsonToken.START_OBJECT) {
                return strings(parser);
            }
            parser.skipChildren();
        }
        throw new IllegalArgumentException("it has no object '" + name + "'");
    }

    private static Map<String, String> strings(JsonParser parser) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (value == JsonToken.VALUE_STRING) {
                values.put(name, parser.getText());
            } else if (value == JsonToken.START_OBJECT || value == JsonToken.START_ARRAY) {
                throw new IllegalArgumentException("the value of '" + name + "' is no string");
            }
        }
        return values;
    }
}
