package dev.adit.tunnel.netty.connector.dial;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import java.util.Locale;

/**
 * One SRV record (RFC 2782).
 *
 * @param priority the lowest is tried first
 * @param weight a greater share among those of one priority
 * @param port of the service
 * @param target a name, without its last dot
 */
record ServiceRecord(int priority, int weight, int port, String target) {

    /** Reads the data of a record; borrows them. The name may point back into the message, as some servers send it. */
    static ServiceRecord read(ByteBuf data) {
        int priority = data.readUnsignedShort();
        int weight = data.readUnsignedShort();
        int port = data.readUnsignedShort();
        String target = DefaultDnsRecordDecoder.decodeName(data).toLowerCase(Locale.ROOT);
        return new ServiceRecord(
                priority, weight, port, target.endsWith(".") ? target.substring(0, target.length() - 1) : target);
    }
}
