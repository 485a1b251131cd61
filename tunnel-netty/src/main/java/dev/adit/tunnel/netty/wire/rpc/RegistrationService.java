package dev.adit.tunnel.netty.wire.rpc;

import java.util.concurrent.CompletionStage;

/**
 * Decides about one connection on the edge's side. Called on the connection's event loop and must not block it; the
 * stages may complete on any thread. An {@link RpcException}, thrown or in a stage, is passed to the connector with its
 * type and text; of any other failure the connector learns only that there was one.
 */
public interface RegistrationService {

    /**
     * A connector wants to register this connection. One that misbehaves may ask several times, even before the first
     * answer; what a repeated registration means is for the service to judge.
     *
     * @param request what the connector says; nothing in it has been verified
     * @return accepted or refused. After a refusal the connector waits for the edge to close the connection
     */
    CompletionStage<ConnectionResponse> registerConnection(RegisterConnection request);

    /**
     * The connector reports its configuration. Only after the registration was accepted.
     *
     * @param configuration JSON in UTF-8 as it came; the callee's own copy
     * @return completes, with null, when the report has been taken
     */
    CompletionStage<Void> updateLocalConfiguration(byte[] configuration);

    /**
     * The connector wants no new requests on this connection. Only after the registration was accepted.
     *
     * @return completes, with null, when no new requests will be sent
     */
    CompletionStage<Void> unregisterConnection();
}
