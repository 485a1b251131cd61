package dev.adit.tunnel.netty.connector.serve;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/**
 * What the edge is told of a push: one line of JSON. Any {@code err} but null means failure to it.
 *
 * @param body empty if the push could not be read at all, which is answered 502
 */
record ConfigurationAnswer(String body) {

    static final ConfigurationAnswer UNREADABLE = new ConfigurationAnswer("");

    private static final JsonFactory JSON = new JsonFactory();

    /** The version is in force, be it by this push or by an earlier one. */
    static ConfigurationAnswer applied(int version) {
        return new ConfigurationAnswer("{\"lastAppliedVersion\":" + version + ",\"err\":null}");
    }

    /** Nothing has changed. cloudflared's {@code err} mostly says nothing; ours says why. */
    static ConfigurationAnswer refused(int version, String reason) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField("lastAppliedVersion", version);
            json.writeObjectFieldStart("err");
            json.writeStringField("message", reason);
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("Writing to memory does not fail", e);
        }
        return new ConfigurationAnswer(text.toString());
    }
}
