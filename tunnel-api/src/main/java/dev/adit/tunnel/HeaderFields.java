package dev.adit.tunnel;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * The header fields of one HTTP message, or its trailer fields: an immutable list in the order in which they were sent.
 *
 * <p>Names are compared without regard to case and keep the case they came in. Several fields may have one name. A
 * character of a value stands for one octet (ISO-8859-1), so that any octet HTTP allows survives the way through.
 *
 * <p>Names must be tokens and values must not hold CR, LF, NUL or other control characters but tab (RFC 9110 section
 * 5.5); anything else is refused with {@link IllegalArgumentException}, so that no header can be split.
 */
public final class HeaderFields implements Iterable<HeaderFields.Field> {

    private static final HeaderFields EMPTY = new HeaderFields(List.of());

    /**
     * One header field.
     *
     * @param name a token, such as {@code Content-Type}
     * @param value the value without surrounding white space; may be empty
     */
    public record Field(String name, String value) {

        /** Checks the name and the value. */
        public Field {
            checkName(name);
            checkValue(name, value);
        }
    }

    private final List<Field> fields;

    private HeaderFields(List<Field> fields) {
        this.fields = fields;
    }

    /**
     * Returns the list without fields.
     *
     * @return no fields
     */
    public static HeaderFields empty() {
        return EMPTY;
    }

    /**
     * Makes a list from names and values in turn: {@code HeaderFields.of("Content-Type", "text/plain")}.
     *
     * @param namesAndValues a name, its value, the next name, and so on
     * @return the fields, in that order
     * @throws IllegalArgumentException if the number is odd, or a name or value is not legal in HTTP
     */
    public static HeaderFields of(String... namesAndValues) {
        if (namesAndValues.length % 2 != 0) {
            throw new IllegalArgumentException("Header fields need a value for each name, but " + namesAndValues.length
                    + " strings were given. Pass name, value, name, value.");
        }
        List<Field> fields = new ArrayList<>(namesAndValues.length / 2);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(new Field(namesAndValues[i], namesAndValues[i + 1]));
        }
        return of(fields);
    }

    /**
     * Makes a list from fields.
     *
     * @param fields the fields, copied
     * @return the fields, in that order
     */
    public static HeaderFields of(List<Field> fields) {
        return fields.isEmpty() ? EMPTY : new HeaderFields(List.copyOf(fields));
    }

    /**
     * Returns the value of the first field of that name.
     *
     * @param name the name, in any case
     * @return the value, or empty if there is no such field
     */
    public Optional<String> first(String name) {
        for (Field field : fields) {
            if (field.name().equalsIgnoreCase(name)) {
                return Optional.of(field.value());
            }
        }
        return Optional.empty();
    }

    /**
     * Returns the values of all fields of that name.
     *
     * @param name the name, in any case
     * @return the values in the order sent, empty if there is none
     */
    public List<String> all(String name) {
        List<String> values = new ArrayList<>(1);
        for (Field field : fields) {
            if (field.name().equalsIgnoreCase(name)) {
                values.add(field.value());
            }
        }
        return values;
    }

    /**
     * Tells whether there is a field of that name.
     *
     * @param name the name, in any case
     * @return whether there is one
     */
    public boolean contains(String name) {
        return first(name).isPresent();
    }

    /**
     * Returns these fields and one more behind them.
     *
     * @param name the name of the new field
     * @param value its value
     * @return a new list
     * @throws IllegalArgumentException if the name or the value is not legal in HTTP
     */
    public HeaderFields with(String name, String value) {
        List<Field> more = new ArrayList<>(fields.size() + 1);
        more.addAll(fields);
        more.add(new Field(name, value));
        return new HeaderFields(List.copyOf(more));
    }

    /**
     * Returns these fields but those of one name.
     *
     * @param name the name, in any case
     * @return a new list
     */
    public HeaderFields without(String name) {
        return of(fields.stream()
                .filter(field -> !field.name().equalsIgnoreCase(name))
                .toList());
    }

    /**
     * Returns the fields as a list.
     *
     * @return the fields in order, unmodifiable
     */
    public List<Field> fields() {
        return fields;
    }

    /**
     * Returns how many fields there are.
     *
     * @return the number of fields
     */
    public int size() {
        return fields.size();
    }

    /**
     * Tells whether there is no field.
     *
     * @return whether this is empty
     */
    public boolean isEmpty() {
        return fields.isEmpty();
    }

    @Override
    public Iterator<Field> iterator() {
        return fields.iterator();
    }

    @Override
    public boolean equals(@org.jspecify.annotations.Nullable Object other) {
        return other instanceof HeaderFields that && fields.equals(that.fields);
    }

    @Override
    public int hashCode() {
        return fields.hashCode();
    }

    /** Returns the names only: values may be secrets. */
    @Override
    public String toString() {
        return "HeaderFields" + fields.stream().map(Field::name).toList();
    }

    private static void checkName(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("A header name must not be empty.");
        }
        for (int i = 0; i < name.length(); i++) {
            if (!isTokenCharacter(name.charAt(i))) {
                throw new IllegalArgumentException("Header name has the character 0x"
                        + Integer.toHexString(name.charAt(i)) + " at position " + i
                        + ". Names are tokens: letters, digits and !#$%&'*+-.^_`|~ only.");
            }
        }
    }

    private static void checkValue(String name, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c > 0xFF || c == 0x7F || (c < 0x20 && c != '\t')) {
                throw new IllegalArgumentException("The value of header " + name + " has the character 0x"
                        + Integer.toHexString(c) + " at position " + i
                        + ". Values hold no control characters, and a character stands for one octet.");
            }
        }
    }

    private static boolean isTokenCharacter(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
    }
}
