package dev.adit.tunnel.netty.edge.front;

import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;

/** Netty's encoder, told when a response has no body because the request was HEAD. */
final class FrontResponseEncoder extends HttpResponseEncoder {

    private boolean head;

    /**
     * Sets what the next response answers. There is never more than one under way.
     *
     * @param value whether the request was HEAD
     */
    void answersHead(boolean value) {
        head = value;
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpResponse response) {
        return head
                || HttpResponseStatus.SWITCHING_PROTOCOLS.equals(response.status())
                || super.isContentAlwaysEmpty(response);
    }
}
