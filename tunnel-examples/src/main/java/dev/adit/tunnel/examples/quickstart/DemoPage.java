package dev.adit.tunnel.examples.quickstart;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A web server that shows each request as it arrived: its first line, and the header fields in the order and spelling in
 * which they came. Written on a plain socket because a real server would tidy them up first. Thread per connection.
 */
final class DemoPage implements AutoCloseable {

    private final ServerSocket listener;

    private DemoPage(ServerSocket listener) {
        this.listener = listener;
    }

    static DemoPage start() throws IOException {
        DemoPage page = new DemoPage(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        daemon(page::accept);
        return page;
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket connection = listener.accept();
                daemon(() -> serve(connection));
            } catch (IOException e) {
                // Closed, or the other side has gone already.
            }
        }
    }

    private static void serve(Socket connection) {
        try (connection;
                InputStream in = new BufferedInputStream(connection.getInputStream())) {
            for (List<String> head = RequestHead.read(in); !head.isEmpty(); head = RequestHead.read(in)) {
                long bodyBytes = RequestHead.skipBody(head, in);
                connection.getOutputStream().write(response(head, bodyBytes));
            }
        } catch (IOException e) {
            // The other side has gone.
        }
    }

    private static byte[] response(List<String> head, long bodyBytes) {
        boolean html = RequestHead.field(head, "accept").contains("text/html");
        byte[] body = (html ? html(head, bodyBytes) : text(head, bodyBytes)).getBytes(StandardCharsets.UTF_8);
        String responseHead = "HTTP/1.1 200 OK\r\nContent-Type: text/" + (html ? "html" : "plain")
                + "; charset=utf-8\r\nContent-Length: " + body.length
                + "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n";
        byte[] first = responseHead.getBytes(StandardCharsets.US_ASCII);
        boolean headOnly = head.get(0).startsWith("HEAD ");
        byte[] all = new byte[first.length + (headOnly ? 0 : body.length)];
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(body, 0, all, first.length, all.length - first.length);
        return all;
    }

    private static String text(List<String> head, long bodyBytes) {
        return "Your request came through the tunnel. It arrived like this:\n\n  " + String.join("\n  ", head)
                + "\n\nBody: " + bodyBytes + " bytes\n";
    }

    private static String html(List<String> head, long bodyBytes) {
        StringBuilder rows = new StringBuilder();
        for (String field : head.subList(1, head.size())) {
            int colon = Math.max(0, field.indexOf(':'));
            rows.append("<tr><th>").append(escaped(field.substring(0, colon)));
            rows.append("<td>")
                    .append(escaped(
                            field.substring(Math.min(field.length(), colon + 1)).strip()));
        }
        return "<!doctype html><html lang=en><meta charset=utf-8><title>Adit quickstart</title><style>"
                + "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:3rem auto;padding:0 1rem;color:#222}"
                + "code,td,th{font:14px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}"
                + "th{text-align:left;font-weight:600;padding-right:1.5rem;vertical-align:top;white-space:nowrap}"
                + "code{display:block;background:#eef3f8;padding:.6rem .8rem;margin:1rem 0}</style>"
                + "<h1>It came through the tunnel</h1><p>browser &rarr; edge &rarr; connector &rarr; this page."
                + " Your request arrived like this:</p><code>" + escaped(head.get(0)) + "</code><table>" + rows
                + "</table><p>Body: " + bodyBytes + " bytes</p>\n";
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "demo-page");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
