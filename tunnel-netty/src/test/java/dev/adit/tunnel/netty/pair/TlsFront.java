package dev.adit.tunnel.netty.pair;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;

/** What stands before an edge and ends visitors' TLS: bytes are passed on as they are, ends as ends. */
public final class TlsFront implements AutoCloseable {

    private final X509Bundle authority;
    private final ServerSocket listener;
    private final InetSocketAddress behind;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();

    /** A front for one host name. */
    public TlsFront(String host, InetSocketAddress behind) throws Exception {
        this.behind = behind;
        authority = new CertificateBuilder()
                .subject("CN=authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        X509Bundle leaf =
                new CertificateBuilder().subject("CN=leaf").addSanDnsName(host).buildIssuedBy(authority);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(leaf.toKeyManagerFactory().getKeyManagers(), null, null);
        listener = context.getServerSocketFactory().createServerSocket(0, 64, InetAddress.getByName("127.0.0.1"));
        threads.execute(this::accept);
    }

    public InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", listener.getLocalPort());
    }

    public X509Certificate authority() {
        return authority.getCertificate();
    }

    public String authorityPem() {
        return authority.getCertificatePEM();
    }

    private void accept() {
        try {
            while (true) {
                Socket visitor = listener.accept();
                Socket edge = new Socket(behind.getAddress(), behind.getPort());
                sockets.add(visitor);
                sockets.add(edge);
                threads.execute(() -> copy(visitor, edge));
                threads.execute(() -> copy(edge, visitor));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private static void copy(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            in.transferTo(out);
            to.shutdownOutput();
        } catch (IOException e) {
            close(from);
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone.
        }
    }

    @Override
    public void close() throws Exception {
        listener.close();
        sockets.forEach(TlsFront::close);
        threads.shutdownNow();
    }
}
