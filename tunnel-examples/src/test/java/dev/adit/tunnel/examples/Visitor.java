package dev.adit.tunnel.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A visitor on a plain socket: it can name any host, whether that resolves or not. */
public final class Visitor {

    private static final int PATIENCE_MILLIS = 30_000;

    private Visitor() {}

    /** Asks for a path of a host on this machine and returns the whole response, head included. */
    public static String get(URI url, String path) throws IOException {
        return send(url, "GET " + path + " HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\nConnection: close\r\n\r\n");
    }

    /** Posts a text and returns the whole response, head included. */
    public static String post(URI url, String path, String text) throws IOException {
        return send(
                url,
                "POST " + path + " HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\nContent-Length: " + text.length()
                        + "\r\nConnection: close\r\n\r\n" + text);
    }

    private static String send(URI url, String request) throws IOException {
        try (Socket socket = connect(url, request)) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** Asks for a path and returns the open response, to be read line by line. */
    public static BufferedReader stream(URI url, String path) throws IOException {
        Socket socket = connect(url, "GET " + path + " HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\n\r\n");
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    }

    private static Socket connect(URI url, String request) throws IOException {
        Socket socket = new Socket("127.0.0.1", url.getPort());
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }
}
