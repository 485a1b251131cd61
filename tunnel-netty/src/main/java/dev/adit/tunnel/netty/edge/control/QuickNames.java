package dev.adit.tunnel.netty.edge.control;

import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/** Names for quick tunnels: three words that can be read out loud. Safe for use by several threads. */
public final class QuickNames {

    private static final String[] HOW = {
        "amber", "bold", "brave", "bright", "brisk", "calm", "clear", "cosy", "crisp", "deep", "eager", "early", "fair",
        "fleet", "fresh", "gentle", "glad", "golden", "grand", "green", "happy", "keen", "kind", "light", "lively",
        "lucky", "mellow", "merry", "mild", "neat", "noble", "plain", "polite", "proud", "quick", "quiet", "rapid",
        "ready", "round", "royal", "silent", "silver", "smooth", "snowy", "soft", "solid", "spry", "steady", "still",
        "strong", "sunny", "swift", "tidy", "true", "vivid", "warm", "wide", "wild", "wise", "witty", "young", "zesty",
        "cool", "sleek"
    };
    private static final String[] WHAT = {
        "alder", "ash", "aspen", "bay", "beech", "birch", "bramble", "brook", "canyon", "cedar", "cliff", "clover",
        "coast", "copper", "coral", "cove", "creek", "dale", "delta", "dune", "elm", "ember", "fern", "field", "fjord",
        "flint", "forest", "frost", "garden", "glade", "granite", "grove", "harbor", "hazel", "heath", "hill", "island",
        "ivy", "juniper", "lagoon", "lake", "laurel", "linden", "maple", "marsh", "meadow", "mesa", "mist", "moss",
        "oak", "olive", "orchid", "pebble", "pine", "pond", "quartz", "reef", "ridge", "river", "sage", "spring",
        "stone", "valley", "willow"
    };
    private static final String[] WHO = {
        "badger", "bear", "beaver", "bison", "crane", "crow", "deer", "dove", "eagle", "egret", "elk", "falcon",
        "ferret", "finch", "fox", "gecko", "goose", "hare", "hawk", "heron", "ibex", "ibis", "jackal", "jay", "kestrel",
        "kite", "koala", "lark", "lemur", "lion", "lynx", "magpie", "marten", "mole", "moose", "moth", "newt", "okapi",
        "otter", "owl", "panda", "parrot", "pelican", "plover", "puffin", "quail", "rabbit", "raven", "robin", "salmon",
        "seal", "sparrow", "squid", "stoat", "stork", "swan", "tapir", "tern", "tiger", "toad", "trout", "walrus",
        "whale", "wren"
    };

    private final RandomGenerator random = new SecureRandom();

    /** Makes a source of names. */
    public QuickNames() {}

    /**
     * Draws a name.
     *
     * @return one DNS label of three words; not unique by itself
     */
    public String next() {
        return pick(HOW) + "-" + pick(WHAT) + "-" + pick(WHO);
    }

    private String pick(String[] words) {
        return words[random.nextInt(words.length)];
    }
}
