package dev.adit.tunnel.netty.connector.status;

import java.util.TreeMap;

/**
 * Figures in Prometheus' text format 0.0.4: families in the order of their names, each with its help and its kind. A
 * family without a sample is left out. Not for use by several threads. Source of the format:
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
final class MetricsText {

    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

    private final TreeMap<String, Family> families = new TreeMap<>();

    /** What only grows. */
    Family counter(String name, String help) {
        return families.computeIfAbsent(name, n -> new Family(n, help, "counter"));
    }

    /** What goes up and down. */
    Family gauge(String name, String help) {
        return families.computeIfAbsent(name, n -> new Family(n, help, "gauge"));
    }

    /** Samples of one name. */
    static final class Family {

        private final String name;
        private final String head;
        private final StringBuilder samples = new StringBuilder();

        private Family(String name, String help, String kind) {
            this.name = name;
            this.head = "# HELP " + name + " " + help.replace("\\", "\\\\").replace("\n", "\\n") + "\n# TYPE " + name
                    + " " + kind + "\n";
        }

        /** Adds a sample; names and values of its labels in turn. */
        void sample(long value, String... labels) {
            samples.append(name);
            for (int i = 0; i + 1 < labels.length; i += 2) {
                samples.append(i == 0 ? '{' : ',')
                        .append(labels[i])
                        .append("=\"")
                        .append(escaped(labels[i + 1]))
                        .append('"');
            }
            samples.append(labels.length == 0 ? " " : "} ").append(value).append('\n');
        }

        private static String escaped(String value) {
            return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
        }
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Family family : families.values()) {
            if (!family.samples.isEmpty()) {
                text.append(family.head).append(family.samples);
            }
        }
        return text.toString();
    }
}
