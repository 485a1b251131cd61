package dev.adit.tunnel.netty;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON, read to be looked into; the members of arrays are called 0, 1 and so on. */
record JsonText(@Nullable String value, Map<String, JsonText> members) {

    static JsonText of(String text) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            parser.nextToken();
            return read(parser);
        }
    }

    private static JsonText read(JsonParser parser) throws IOException {
        Map<String, JsonText> members = new LinkedHashMap<>();
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                members.put(name, read(parser));
            }
        } else if (parser.currentToken() == JsonToken.START_ARRAY) {
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                members.put(Integer.toString(members.size()), read(parser));
            }
        } else {
            return new JsonText(parser.getText(), members);
        }
        return new JsonText(null, members);
    }

    JsonText at(String member) {
        JsonText found = members.get(member);
        if (found == null) {
            throw new AssertionError("No " + member + " in " + members.keySet());
        }
        return found;
    }

    String text() {
        return String.valueOf(value);
    }

    double number() {
        return Double.parseDouble(text());
    }
}
