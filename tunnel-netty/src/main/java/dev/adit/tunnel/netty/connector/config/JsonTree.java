package dev.adit.tunnel.netty.connector.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.adit.tunnel.ConfigException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads one JSON value. Of a doubled key the last counts, as in Go. */
final class JsonTree {

    private static final int MAX_LENGTH = 1024 * 1024;
    private static final int MAX_DEPTH = 100;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxDocumentLength(2L * MAX_LENGTH)
                    .maxStringLength(MAX_LENGTH)
                    .maxNestingDepth(MAX_DEPTH)
                    .build())
            .build();

    private JsonTree() {}

    /**
     * Reads a text.
     *
     * @throws ConfigException if it is no JSON, or more than one value; the message does not repeat the text
     */
    static Value read(String text) {
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() == null) {
                throw new ConfigException(0, "unexpected end of JSON input");
            }
            Value value = value(parser);
            if (parser.nextToken() != null) {
                throw new ConfigException(line(parser), "something follows the JSON value");
            }
            return value;
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw new ConfigException(line, "the text is no valid JSON: " + reason(e));
        } catch (IOException e) {
            throw new ConfigException(0, "the text is no valid JSON");
        }
    }

    private static String reason(JsonProcessingException e) {
        return e.getLocation() == null
                ? "it is too long or too deeply nested"
                : "it goes wrong in line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr();
    }

    private static Value value(JsonParser parser) throws IOException {
        int line = line(parser);
        JsonToken token = parser.currentToken();
        return switch (token) {
            case START_OBJECT -> object(parser, line);
            case START_ARRAY -> array(parser, line);
            case VALUE_STRING -> new Value.Scalar(line, "string", parser.getText(), parser.getText());
            case VALUE_TRUE -> new Value.Scalar(line, "bool", true, "true");
            case VALUE_FALSE -> new Value.Scalar(line, "bool", false, "false");
            case VALUE_NUMBER_INT ->
                new Value.Scalar(
                        line,
                        "number",
                        parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                                ? parser.getBigIntegerValue()
                                : (Object) parser.getLongValue(),
                        parser.getText());
            case VALUE_NUMBER_FLOAT -> new Value.Scalar(line, "number", parser.getDoubleValue(), parser.getText());
            default -> new Value.Scalar(line, "null", null, "null");
        };
    }

    private static Value object(JsonParser parser, int line) throws IOException {
        Map<String, Value.Entry> entries = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            int at = line(parser);
            parser.nextToken();
            entries.put(key, new Value.Entry(at, key, value(parser)));
        }
        return new Value.Entries(line, List.copyOf(entries.values()));
    }

    private static Value array(JsonParser parser, int line) throws IOException {
        List<Value> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(value(parser));
        }
        return new Value.Items(line, List.copyOf(items));
    }

    private static int line(JsonParser parser) {
        return parser.currentTokenLocation().getLineNr();
    }
}
