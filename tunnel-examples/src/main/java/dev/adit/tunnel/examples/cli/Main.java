package dev.adit.tunnel.examples.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.util.List;

/** The command line. {@code tunnel run} and the rest have the flags, variables and outputs of cloudflared's. */
public final class Main {

    private Main() {}

    /**
     * Runs one command.
     *
     * @param args the command and its flags
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        // Not System.out: it would flush and lock for each piece that "access tcp" copies.
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false);
        int status = new Commands(new Console(System.in, out, System.err, System.getenv())).run(List.of(args));
        out.flush();
        if (status != 0) {
            System.exit(status);
        }
    }
}
