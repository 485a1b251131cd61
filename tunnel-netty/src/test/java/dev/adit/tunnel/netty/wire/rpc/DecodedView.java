package dev.adit.tunnel.netty.wire.rpc;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Shows a decoded message in the words of the recordings' {@code decoded} fields. */
final class DecodedView {

    private DecodedView() {}

    static Map<String, Object> of(RpcMessage message) {
        Map<String, Object> view = new LinkedHashMap<>();
        if (message instanceof RpcMessage.Bootstrap bootstrap) {
            view.put("message", "bootstrap");
            view.put("questionId", bootstrap.questionId());
        } else if (message instanceof RpcMessage.Call call) {
            call(view, call);
        } else if (message instanceof RpcMessage.Return answer) {
            answer(view, answer);
        } else if (message instanceof RpcMessage.Finish finish) {
            view.put("message", "finish");
            view.put("questionId", finish.questionId());
            view.put("releaseResultCaps", finish.releaseResultCaps());
        } else if (message instanceof RpcMessage.Release release) {
            view.put("message", "release");
            view.put("id", release.id());
            view.put("referenceCount", release.referenceCount());
        } else if (message instanceof RpcMessage.Abort abort) {
            view.put("message", "abort");
            view.putAll(failure(abort.failure()));
        } else {
            view.put("message", message.toString());
        }
        return view;
    }

    private static void call(Map<String, Object> view, RpcMessage.Call call) {
        view.put("message", "call");
        view.put("questionId", call.questionId());
        view.put("target", target(call.target()));
        view.put("interfaceId", "0x" + Long.toHexString(call.interfaceId()));
        view.put("methodId", call.methodId());
        view.put("sendResultsTo", call.sendResultsTo());
        view.put("capTable", capTable(call.params()));
        PointerReader content = call.params().content();
        view.put(
                "paramsSize",
                List.of(content.struct().dataWords(), content.struct().pointers()));
        if (call.methodId() == RegistrationSchema.REGISTER_CONNECTION) {
            view.put("params", register(RegistrationSchema.registerConnection(content)));
        } else if (call.methodId() == RegistrationSchema.UPDATE_LOCAL_CONFIGURATION) {
            byte[] configuration = RegistrationSchema.configuration(content);
            view.put("params", Map.of("config", new String(configuration, StandardCharsets.UTF_8)));
        }
    }

    private static Map<String, Object> target(RpcMessage.MessageTarget target) {
        if (target instanceof RpcMessage.MessageTarget.ImportedCap imported) {
            return Map.of("importedCap", imported.id());
        }
        var promised = (RpcMessage.MessageTarget.PromisedAnswer) target;
        return Map.of(
                "promisedAnswer", Map.of("questionId", promised.questionId(), "transform", promised.pointerPath()));
    }

    private static Map<String, Object> register(RegisterConnection request) {
        ConnectionOptions options = request.options();
        Map<String, Object> client = Map.of(
                "clientId", hex(options.clientId()),
                "features", options.features(),
                "version", options.version(),
                "arch", options.arch());
        String address = HexFormat.of().formatHex(options.originLocalIp().getAddress());
        return Map.of(
                "auth",
                        Map.of(
                                "accountTag", request.auth().accountTag(),
                                "tunnelSecret",
                                        Base64.getEncoder()
                                                .encodeToString(request.auth().tunnelSecret())),
                "tunnelId", hex(request.tunnelId()),
                "connIndex", request.connIndex(),
                "options",
                        Map.of(
                                "client", client,
                                "originLocalIp", "00000000000000000000ffff" + address,
                                "replaceExisting", options.replaceExisting(),
                                "compressionQuality", options.compressionQuality(),
                                "numPreviousAttempts", options.numPreviousAttempts()));
    }

    private static void answer(Map<String, Object> view, RpcMessage.Return answer) {
        view.put("message", "return");
        view.put("answerId", answer.answerId());
        view.put("releaseParamCaps", answer.releaseParamCaps());
        if (answer.outcome() instanceof RpcMessage.Outcome.Failed failed) {
            view.put("which", "exception");
            view.put("exception", failure(failed.failure()));
            return;
        }
        RpcMessage.Payload payload = ((RpcMessage.Outcome.Results) answer.outcome()).payload();
        view.put("which", "results");
        view.put("capTable", capTable(payload));
        if (!payload.capTable().isEmpty()) {
            view.put("content", Map.of("cap", payload.content().capability()));
            return;
        }
        StructReader struct = payload.content().struct();
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("dataWords", struct.dataWords());
        content.put("pointers", struct.pointers());
        if (struct.pointers() > 0) {
            content.put("result", response(RegistrationSchema.connectionResponse(payload.content())));
        }
        view.put("content", content);
    }

    private static Map<String, Object> response(ConnectionResponse response) {
        if (response instanceof ConnectionDetails details) {
            return Map.of(
                    "connectionDetails",
                    Map.of(
                            "uuid", hex(details.uuid()),
                            "locationName", details.locationName(),
                            "tunnelIsRemotelyManaged", details.remotelyManaged()));
        }
        ConnectionError error = (ConnectionError) response;
        return Map.of(
                "error",
                Map.of(
                        "cause", error.cause(),
                        "retryAfter", Long.toString(error.retryAfter().toNanos()),
                        "shouldRetry", error.shouldRetry()));
    }

    private static List<Object> capTable(RpcMessage.Payload payload) {
        List<Object> table = new ArrayList<>();
        payload.capTable().forEach(cap -> table.add(Map.of("tag", cap.kind(), "id", cap.id())));
        return table;
    }

    private static Map<String, Object> failure(RpcMessage.RpcFailure failure) {
        return Map.of("type", failure.type().code(), "reason", failure.reason());
    }

    static String hex(UUID uuid) {
        return uuid.toString().replace("-", "");
    }
}
