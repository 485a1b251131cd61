package dev.adit.tunnel.netty.connector.config;

import dev.adit.tunnel.ConfigException;
import dev.adit.tunnel.netty.connector.golang.GoQuote;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.parser.Parser;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;

/**
 * Reads the first YAML document of a text. Aliases and merge keys are resolved; doubled keys are told to {@link Problems}.
 * A text that unfolds to more than {@value #MAX_VALUES} values, or is nested deeper than {@value #MAX_DEPTH}, is refused.
 */
final class YamlTree {

    private static final int MAX_VALUES = 100_000;
    private static final int MAX_DEPTH = 100;
    private static final String MERGE = "<<";
    private static final Tag UNTAGGED = new Tag("adit:untagged");

    private static final LoadSettings SETTINGS =
            LoadSettings.builder().setSchema(new Untouched()).build();

    private final Problems problems;
    private final Set<Node> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private int values;

    private YamlTree(Problems problems) {
        this.problems = problems;
    }

    /** Leaves what an unquoted scalar is to us, and lets it be told from one with a tag. */
    private static final class Untouched extends FailsafeSchema {
        @Override
        public ScalarResolver getScalarResolver() {
            return (value, implicit) -> implicit ? UNTAGGED : Tag.STR;
        }
    }

    /**
     * Reads a document.
     *
     * @return its value; null if the text has none
     * @throws ConfigException if it is no YAML
     */
    static @Nullable Value read(String text, Problems problems) {
        String content = text.startsWith("\uFEFF") ? text.substring(1) : text;
        try {
            checkDepth(content, problems);
            Iterator<Node> documents = new Composer(SETTINGS, parser(content));
            return documents.hasNext() ? new YamlTree(problems).value(documents.next()) : null;
        } catch (YamlEngineException e) {
            throw problems.syntax(e);
        }
    }

    private static Parser parser(String text) {
        return new ParserImpl(SETTINGS, new StreamReader(SETTINGS, text));
    }

    private static void checkDepth(String text, Problems problems) {
        int depth = 0;
        Parser events = parser(text);
        while (events.hasNext()) {
            Event event = events.next();
            switch (event.getEventId()) {
                case MappingStart, SequenceStart -> depth++;
                case MappingEnd, SequenceEnd -> depth--;
                case DocumentEnd -> {
                    return;
                }
                default -> {
                    // Scalars and aliases do not nest.
                }
            }
            if (depth > MAX_DEPTH) {
                throw problems.fail(line(event.getStartMark()), "exceeded max depth of " + MAX_DEPTH);
            }
        }
    }

    private Value value(Node node) {
        if (++values > MAX_VALUES) {
            throw problems.fail(line(node), "document contains excessive aliasing");
        }
        if (node instanceof ScalarNode scalar) {
            return scalar(scalar);
        }
        if (!open.add(node)) {
            throw problems.fail(
                    line(node),
                    "anchor '" + node.getAnchor().map(Object::toString).orElse("") + "' value contains itself");
        }
        Value value = node instanceof MappingNode mapping
                ? new Value.Entries(line(node), entries(mapping))
                : new Value.Items(
                        line(node),
                        ((SequenceNode) node)
                                .getValue().stream().map(this::value).toList());
        open.remove(node);
        return value;
    }

    private static Value.Scalar scalar(ScalarNode node) {
        String tag = node.getTag().getValue();
        String text = node.getValue();
        if (node.getTag().equals(UNTAGGED)) {
            return node.getScalarStyle() == ScalarStyle.PLAIN
                    ? YamlScalars.resolve(line(node), text)
                    : new Value.Scalar(line(node), YamlScalars.STRING, text, text);
        }
        boolean standard = tag.startsWith(Tag.PREFIX);
        if (standard && !node.getTag().equals(Tag.STR)) {
            return YamlScalars.resolve(line(node), text);
        }
        return new Value.Scalar(line(node), standard ? YamlScalars.STRING : tag, text, text);
    }

    private List<Value.Entry> entries(MappingNode mapping) {
        Map<String, Value.Entry> entries = new LinkedHashMap<>();
        List<Node> merged = new ArrayList<>();
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                problems.add(
                        line(tuple.getKeyNode()),
                        "cannot unmarshal " + (tuple.getKeyNode() instanceof SequenceNode ? "!!seq" : "!!map")
                                + " into string");
                continue;
            }
            if (key.getValue().equals(MERGE) && key.getTag().equals(UNTAGGED)) {
                merged.add(tuple.getValueNode());
                continue;
            }
            Value.Entry first = entries.get(key.getValue());
            if (first != null) {
                problems.add(
                        line(key),
                        "mapping key " + GoQuote.quote(key.getValue()) + " already defined at line " + first.line());
                continue;
            }
            entries.put(key.getValue(), new Value.Entry(line(key), key.getValue(), value(tuple.getValueNode())));
        }
        merged.forEach(node -> merge(node, entries));
        return List.copyOf(entries.values());
    }

    /** Adds what another mapping says and this one does not. */
    private void merge(Node node, Map<String, Value.Entry> entries) {
        if (node instanceof SequenceNode several
                && several.getValue().stream().allMatch(MappingNode.class::isInstance)) {
            several.getValue().forEach(one -> merge(one, entries));
        } else if (node instanceof MappingNode && value(node) instanceof Value.Entries others) {
            others.entries().forEach(entry -> entries.putIfAbsent(entry.key(), entry));
        } else {
            throw problems.fail(line(node), "map merge requires map or sequence of maps as the value");
        }
    }

    private static int line(Node node) {
        return line(node.getStartMark());
    }

    private static int line(Optional<Mark> mark) {
        return mark.map(at -> at.getLine() + 1).orElse(0);
    }
}
