package dev.adit.tunnel.netty.connector.event;

import dev.adit.tunnel.ConnectionInfo;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** One connection to the edge in a flight recording, from its registration to its end. */
@Name("dev.adit.Connection")
@Label("Tunnel Connection")
@Description("A registered connection to the edge")
@Category("Adit")
@StackTrace(false)
public final class ConnectionRecording extends Event {

    @Label("Connection")
    @Description("Its index")
    int connection;

    @Label("Connection Id")
    @Description("As the edge calls it")
    @Nullable
    String id;

    @Label("Edge Address")
    @Nullable
    String edgeAddress;

    @Label("Location")
    @Nullable
    String location;

    @Label("Reason")
    @Description("Why it ended")
    @Nullable
    String reason;

    private ConnectionRecording() {}

    /**
     * Begins to record a connection.
     *
     * @return null while nobody records connections
     */
    public static @Nullable ConnectionRecording begun() {
        ConnectionRecording event = new ConnectionRecording();
        if (!event.isEnabled()) {
            return null;
        }
        event.begin();
        return event;
    }

    /**
     * Ends the recording.
     *
     * @param info which connection
     * @param why it ended
     */
    public void ended(ConnectionInfo info, @Nullable String why) {
        end();
        if (!shouldCommit()) {
            return;
        }
        connection = info.index();
        id = info.id().toString();
        edgeAddress = info.edgeAddress().toString();
        location = info.location();
        reason = why;
        commit();
    }
}
