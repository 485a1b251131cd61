# A tunnel as a NixOS service: imports = [ ./adit-tunnel.nix ]; services.adit-tunnel = { enable = true; ... };
{ config, lib, pkgs, ... }:

let
  cfg = config.services.adit-tunnel;
in
{
  options.services.adit-tunnel = {
    enable = lib.mkEnableOption "a tunnel run by Adit";

    jar = lib.mkOption {
      type = lib.types.path;
      description = "The adit.jar that the module tunnel-examples builds.";
    };

    jre = lib.mkOption {
      type = lib.types.package;
      default = pkgs.jdk17_headless;
      defaultText = lib.literalExpression "pkgs.jdk17_headless";
      description = "The Java runtime, 17 or later.";
    };

    configFile = lib.mkOption {
      type = lib.types.path;
      example = "/etc/cloudflared/config.yml";
      description = "cloudflared's config.yml.";
    };

    credentialsFile = lib.mkOption {
      type = lib.types.str;
      example = "/run/secrets/tunnel.json";
      description = "The tunnel's credentials; a path outside the Nix store. It may be readable by root alone.";
    };

    heap = lib.mkOption {
      type = lib.types.str;
      default = "256m";
      description = "How much memory the Java heap may take.";
    };

    extraArgs = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      example = [ "--metrics" "127.0.0.1:9100" ];
      description = "Further flags of `tunnel run`.";
    };
  };

  config = lib.mkIf cfg.enable {
    systemd.services.adit-tunnel = {
      description = "Adit tunnel";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [ "network-online.target" ];

      serviceConfig = {
        Type = "exec";
        ExecStart = "${cfg.jre}/bin/java -XX:+ExitOnOutOfMemoryError -Xmx${cfg.heap} -jar ${cfg.jar} tunnel "
          + "--config \${CREDENTIALS_DIRECTORY}/config.yml run "
          + "--credentials-file \${CREDENTIALS_DIRECTORY}/credentials.json "
          + lib.escapeShellArgs cfg.extraArgs;
        LoadCredential = [
          "config.yml:${cfg.configFile}"
          "credentials.json:${cfg.credentialsFile}"
        ];
        KillSignal = "SIGTERM";
        SuccessExitStatus = 143;
        TimeoutStopSec = 200;
        Restart = "on-failure";
        RestartSec = 5;
        DynamicUser = true;
        NoNewPrivileges = true;
        CapabilityBoundingSet = "";
        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateTmp = true;
        PrivateDevices = true;
        ProtectProc = "invisible";
        ProtectClock = true;
        ProtectHostname = true;
        ProtectKernelLogs = true;
        ProtectKernelModules = true;
        ProtectKernelTunables = true;
        ProtectControlGroups = true;
        RestrictAddressFamilies = [ "AF_INET" "AF_INET6" "AF_NETLINK" "AF_UNIX" ];
        RestrictNamespaces = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
        LockPersonality = true;
        RemoveIPC = true;
        SystemCallArchitectures = "native";
        SystemCallFilter = [ "@system-service" ];
        SystemCallErrorNumber = "EPERM";
        UMask = "0077";
      };
    };
  };
}
