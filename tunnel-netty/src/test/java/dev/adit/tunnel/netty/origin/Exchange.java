package dev.adit.tunnel.netty.origin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One line of {@code vectors/http/exchanges.jsonl}: an exchange recorded with the genuine connector. */
record Exchange(String name, Map<?, ?> json) {

    static List<Exchange> all() throws IOException {
        List<Exchange> all = new ArrayList<>();
        try (InputStream in = Exchange.class.getResourceAsStream("/vectors/http/exchanges.jsonl");
                JsonParser parser = new JsonFactory().createParser(in)) {
            while (parser.nextToken() != null) {
                Map<?, ?> json = (Map<?, ?>) value(parser);
                all.add(new Exchange((String) json.get("name"), json));
            }
        }
        return all;
    }

    private static Object value(JsonParser parser) throws IOException {
        switch (parser.currentToken()) {
            case START_OBJECT:
                Map<String, Object> object = new LinkedHashMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String key = parser.currentName();
                    parser.nextToken();
                    object.put(key, value(parser));
                }
                return object;
            case START_ARRAY:
                List<Object> array = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    array.add(value(parser));
                }
                return array;
            case VALUE_NULL:
                return null;
            case VALUE_TRUE:
                return true;
            case VALUE_FALSE:
                return false;
            default:
                return parser.getText();
        }
    }

    private static Object in(Object object, String... path) {
        Object at = object;
        for (String key : path) {
            at = at == null ? null : ((Map<?, ?>) at).get(key);
        }
        return at;
    }

    String edge(String header) {
        return (String) in(json, "edgeRequest", "headers", header);
    }

    /** Name, value, name, value; repeated fields one after the other. */
    String[] edgeHeaders() {
        return flat((Map<?, ?>) in(json, "edgeRequest", "headers"));
    }

    /** Null if there are none. */
    String[] edgeTrailers() {
        Map<?, ?> trailers = (Map<?, ?>) in(json, "edgeRequest", "trailers");
        return trailers == null ? null : flat(trailers);
    }

    private static String[] flat(Map<?, ?> fields) {
        List<String> flat = new ArrayList<>();
        fields.forEach((name, value) -> {
            for (Object one : value instanceof List<?> several ? several : List.of(value)) {
                flat.add((String) name);
                flat.add((String) one);
            }
        });
        return flat.toArray(new String[0]);
    }

    boolean endStream() {
        return (Boolean) in(json, "edgeRequest", "endStreamOnHeaders");
    }

    String edgeBody() {
        String base64 = (String) in(json, "edgeRequest", "bodyBase64");
        if (base64 != null) {
            return new String(Base64.getDecoder().decode(base64), StandardCharsets.ISO_8859_1);
        }
        String text = (String) in(json, "edgeRequest", "body");
        return text == null ? "" : text;
    }

    String originReceived() {
        return (String) json.get("originReceived");
    }

    String originSent() {
        return (String) json.get("originSent");
    }

    boolean hasResponse() {
        return json.get("connectorResponse") != null;
    }

    int status() {
        return Integer.parseInt((String) in(json, "connectorResponse", "headers", ":status"));
    }

    String body() {
        byte[] body = Base64.getDecoder().decode((String) in(json, "connectorResponse", "bodyBase64"));
        return new String(body, StandardCharsets.ISO_8859_1);
    }

    List<Map.Entry<String, String>> userHeaders() {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        for (Object pair : (List<?>) in(json, "connectorResponse", "userHeaders")) {
            headers.add(Map.entry((String) ((List<?>) pair).get(0), (String) ((List<?>) pair).get(1)));
        }
        return headers;
    }

    Map<?, ?> trailers() {
        Map<?, ?> trailers = (Map<?, ?>) in(json, "connectorResponse", "trailers");
        return trailers == null ? Map.of() : trailers;
    }

    boolean wasReset() {
        return "2".equals(json.get("rstStreamCode"));
    }

    @Override
    public String toString() {
        return name;
    }
}
