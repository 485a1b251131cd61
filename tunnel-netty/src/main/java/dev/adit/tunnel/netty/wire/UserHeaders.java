package dev.adit.tunnel.netty.wire;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Iterator;
import java.util.Map;

/**
 * The visitor's response headers as one header value: {@code base64(name):base64(value)}, joined by {@code ;}, in the
 * standard alphabet without padding. Order and case are kept, and a character stands for one octet. Source: cloudflared
 * 2026.8.2, {@code connection/header.go}, {@code SerializeHeaders}.
 *
 * <p>Both directions are strict, so that what one end writes can be no other header at the other: names are tokens, values
 * have no CR, LF, NUL or other control character but tab, and sizes are bounded.
 */
public final class UserHeaders {

    /** Octets of all names and values together: what a front lets through, with room to spare. */
    static final int MAX_TOTAL_SIZE = 1024 * 1024;

    /** How many fields. */
    static final int MAX_FIELDS = 4096;

    private static final Base64.Encoder ENCODER = Base64.getEncoder().withoutPadding();
    private static final Base64.Decoder DECODER = Base64.getDecoder();

    private UserHeaders() {}

    /**
     * Encodes headers. Internal names (see {@link TunnelHeaders#isInternal}) and pseudo-headers are left out, as the
     * reference connector does.
     *
     * @param headers in their order, borrowed
     * @return the value; empty for no headers
     * @throws MalformedHeadersException if a header is not legal in HTTP or all together are too big
     */
    public static AsciiString encode(HttpHeaders headers) throws MalformedHeadersException {
        byte[] out = new byte[256];
        int length = 0;
        int fields = 0;
        Iterator<Map.Entry<CharSequence, CharSequence>> entries = headers.iteratorCharSequence();
        while (entries.hasNext()) {
            Map.Entry<CharSequence, CharSequence> entry = entries.next();
            CharSequence name = entry.getKey();
            if (name.length() > 0 && (name.charAt(0) == ':' || TunnelHeaders.isInternal(name))) {
                continue;
            }
            byte[] encodedName = ENCODER.encode(name(octets(name)));
            byte[] encodedValue = ENCODER.encode(value(octets(entry.getValue())));
            int needed = length + encodedName.length + encodedValue.length + 2;
            if (needed > MAX_TOTAL_SIZE * 2 || ++fields > MAX_FIELDS) {
                throw tooBig();
            }
            if (needed > out.length) {
                out = Arrays.copyOf(out, Math.max(needed, out.length * 2));
            }
            if (length > 0) {
                out[length++] = ';';
            }
            System.arraycopy(encodedName, 0, out, length, encodedName.length);
            length += encodedName.length;
            out[length++] = ':';
            System.arraycopy(encodedValue, 0, out, length, encodedValue.length);
            length += encodedValue.length;
        }
        return new AsciiString(out, 0, length, false);
    }

    /**
     * Decodes headers.
     *
     * @param value the header's value, borrowed
     * @return the headers in order, not validated again when read
     * @throws MalformedHeadersException if the value is no such list, a header is not legal in HTTP, a name is a
     *     pseudo-header or internal, or all together are too big
     */
    public static HttpHeaders decode(CharSequence value) throws MalformedHeadersException {
        HttpHeaders headers =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        if (value.length() > MAX_TOTAL_SIZE * 2) {
            throw tooBig();
        }
        byte[] in = octets(value);
        int fields = 0;
        int start = 0;
        while (start < in.length) {
            int end = indexOf(in, ';', start, in.length);
            if (end > start) {
                int colon = indexOf(in, ':', start, end);
                if (colon == end || indexOf(in, ':', colon + 1, end) != end) {
                    throw new MalformedHeadersException(
                            "Serialised header " + fields + " is not one name and one value");
                }
                if (++fields > MAX_FIELDS) {
                    throw tooBig();
                }
                byte[] name = name(decoded(in, start, colon));
                AsciiString text = new AsciiString(name, false);
                if (TunnelHeaders.isInternal(text)) {
                    throw new MalformedHeadersException("Serialised header " + fields + " has an internal name");
                }
                headers.add(text, new AsciiString(value(decoded(in, colon + 1, end)), false));
            }
            start = end + 1;
        }
        return headers;
    }

    private static byte[] decoded(byte[] in, int from, int to) throws MalformedHeadersException {
        try {
            byte[] part = Arrays.copyOfRange(in, from, to);
            if (part.length > 0 && part[part.length - 1] == '=') {
                throw new MalformedHeadersException("A serialised header has base64 padding");
            }
            return DECODER.decode(part);
        } catch (IllegalArgumentException e) {
            throw new MalformedHeadersException("A serialised header is not base64");
        }
    }

    private static byte[] name(byte[] octets) throws MalformedHeadersException {
        if (octets.length == 0) {
            throw new MalformedHeadersException("A header has an empty name");
        }
        for (byte octet : octets) {
            if (!Tokens.isTokenOctet(octet)) {
                throw new MalformedHeadersException("A header's name has the octet 0x"
                        + Integer.toHexString(octet & 0xFF) + ", which no token may have");
            }
        }
        return octets;
    }

    private static byte[] value(byte[] octets) throws MalformedHeadersException {
        for (byte octet : octets) {
            if ((octet >= 0 && octet < 0x20 && octet != '\t') || octet == 0x7F) {
                throw new MalformedHeadersException(
                        "A header's value has the control octet 0x" + Integer.toHexString(octet & 0xFF));
            }
        }
        return octets;
    }

    private static byte[] octets(CharSequence text) {
        if (text instanceof AsciiString ascii) {
            return ascii.isEntireArrayUsed() ? ascii.array() : ascii.toByteArray();
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static int indexOf(byte[] in, char wanted, int from, int to) {
        for (int i = from; i < to; i++) {
            if (in[i] == wanted) {
                return i;
            }
        }
        return to;
    }

    private static MalformedHeadersException tooBig() {
        return new MalformedHeadersException(
                "Headers are too big: more than " + MAX_TOTAL_SIZE + " octets or " + MAX_FIELDS + " fields");
    }
}
