package dev.adit.tunnel.netty.origin.hello;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginExchange;
import dev.adit.tunnel.OriginRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** The page that shows a visitor the own request as it came through the tunnel. */
final class RequestPage {

    /** Of a longer body only so many bytes are shown. */
    static final int MAX_SHOWN = 16 * 1024;

    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>The tunnel works</title>
            <style>
            body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 3rem auto; padding: 0 1rem }
            table { border-collapse: collapse; font-family: monospace; font-size: .9rem }
            th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; overflow-wrap: anywhere }
            </style>
            </head>
            <body>
            <h1>The tunnel works</h1>
            <p>This page comes from the connector itself. It shows the request as it arrived here; point the rule to your
            own service next.</p>
            <table>
            """;

    private RequestPage() {}

    static String of(OriginExchange exchange) throws IOException {
        OriginRequest request = exchange.request();
        StringBuilder page = new StringBuilder(HEAD);
        row(page, "Method", request.method());
        row(page, "Target", request.target());
        row(page, "Host", request.host());
        for (HeaderFields.Field field : request.headers()) {
            row(page, field.name(), field.value());
        }
        byte[] body = exchange.body().readNBytes(MAX_SHOWN);
        exchange.body().transferTo(OutputStream.nullOutputStream());
        if (body.length > 0) {
            row(page, "Body", new String(body, StandardCharsets.UTF_8));
        }
        return page.append("</table>\n</body>\n</html>\n").toString();
    }

    private static void row(StringBuilder page, String name, String value) {
        page.append("<tr><th>");
        escape(page, name);
        page.append("</th><td>");
        escape(page, value);
        page.append("</td></tr>\n");
    }

    /** Visitors decide what stands here, so nothing of it may be taken for HTML. */
    private static void escape(StringBuilder page, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '<' -> page.append("&lt;");
                case '>' -> page.append("&gt;");
                case '&' -> page.append("&amp;");
                case '"' -> page.append("&quot;");
                case '\'' -> page.append("&#39;");
                default -> page.append(c);
            }
        }
    }
}
