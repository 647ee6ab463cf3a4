// SampleConfiguration: deploy/weir.yaml inside the binary.
//
// For: `weirctl init`, which must work wherever the binary was copied to; a resource bundle would have to travel with it.
// Refuses: to differ: a test compares this text with the file. To renew it: Tests/weirctlTests/SampleConfigurationTests.swift.
// Called by: FolderSetup.

enum SampleConfiguration {
    /// The file's text.
    static let text = #"""
        # weir.yaml: the one configuration file of Weir's daemons.
        #
        # Copy it to /etc/weir/weir.yaml and change what differs. Every key that is left out has the default that
        # docs/CONFIGURATION.md states, and `gatewayd --print-config` prints what is in effect.
        #
        #   gatewayd --config /etc/weir/weir.yaml --check-config     says what is wrong, all of it, with line and column
        #   systemctl reload gatewayd                                takes over changes of providers, models, aliases and limits;
        #                                                            a bad file is refused and the old one stays
        #
        # The format is YAML without anchors, aliases and tags. Durations and sizes carry their unit: 30s, 5m, 32MiB.
        # Relative paths start at the folder of this file. Secrets are never written here, only where they are.

        # The daemon that clients talk to.
        gatewayd:
          listen:
            # Behind a TLS proxy on the same machine:
            - 127.0.0.1:8080
            # Or facing clients itself:
            # - address: 0.0.0.0:443
            #   tls:
            #     certificate: /etc/weir/tls/fullchain.pem
            #     private_key: /etc/weir/tls/privkey.pem
          socket: /run/weir/gatewayd.sock
          state_directory: /var/lib/weir/gatewayd
          # Where tokend, below, answers: agents call with connected accounts. Without this line they cannot.
          tokend_socket: /run/weir/tokend.sock
          # The https address under which browsers reach gatewayd, for connecting accounts; admin_key opens the routes below /admin.
          # public_url: https://ai.example.com
          # Reverse proxies in front of gatewayd, whose X-Forwarded-For is believed.
          # trusted_proxies: [127.0.0.1]
          log_level: info
          # Each attempt as a line of the log: journalctl -u gatewayd TENANT=acme
          # log_requests: true
          # GET /metrics for Prometheus; anybody who reaches it may read it, so loopback or a network of your own.
          # metrics_listen: 127.0.0.1:9464
          # Streams that are under way when the daemon is stopped may go on for this long.
          drain_limit: 30s
          # Requests per minute, for keys and tenants that have no limits of their own.
          rate_limits:
            instance: 60000
            tenant: 6000
            key:
              requests_per_minute: 600
              burst: 100

        # The daemon that keeps the money.
        walletd:
          socket: /run/weir/walletd.sock
          state_directory: /var/lib/weir/walletd

        # The vault: accounts that tenants connect, and tokens that are refreshed before they end. Without this section there is no
        # vault.
        tokend:
          socket: /run/weir/tokend.sock
          state_directory: /var/lib/weir/tokend
          # One line, such as the output of: openssl rand -base64 32. Under it every secret is sealed. Keep a copy of it where the
          # backups are not: without it nothing in the vault opens, for anybody.
          encryption_key: {systemd: vault-key}
          # After a change of the key, older_encryption_keys lists the one before, until weirctl vault rotate has found nothing
          # under it any more.

        # Where accounts can be connected, beside the built-in providers, and the applications registered there.
        # connections:
        #   clients:
        #     github:
        #       client_id: Iv1.0123456789abcdef
        #       client_secret: {systemd: github-client-secret}

        # Who may act as which daemon on the sockets above, when each daemon runs as its own user. A role that is left out
        # belongs to the user the asked daemon itself runs as.
        # peers:
        #   gatewayd: gatewayd
        #   walletd: walletd
        #   tokend: tokend
        #   weirctl: [root, operator]

        # The upstreams. Names are yours; models refer to them.
        providers:
          anthropic:
            dialect: anthropic
            base_url: https://api.anthropic.com
            # LoadCredential=anthropic-key:/etc/weir/credentials/anthropic-key in the unit; for a plain file instead:
            # credential: {file: /etc/weir/credentials/anthropic-key}
            credential: {systemd: anthropic-key}
          openai:
            dialect: openai
            base_url: https://api.openai.com/v1
            credential: {systemd: openai-key}
            # Finish reading an answer whose client went away: OpenAI reports usage only at the end of a stream.
            on_client_gone: drain
          # Any server that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp …
          local:
            dialect: openai
            base_url: http://127.0.0.1:11434/v1
            credential: none
            timeouts:
              first_byte: 5m

        # The models clients may ask for. Prices are dollars per million tokens, exact decimals; what a host does not charge
        # separately may be left out. Compare them with the vendor's list before you charge anybody. A model may have several
        # hosts: the first is preferred, the next takes over when it fails before its answer begins.
        models:
          claude-sonnet-4-5:
            display_name: Claude Sonnet 4.5
            context_window: 200000
            max_output_tokens: 64000
            capabilities: [tools, vision, documents, reasoning, caching]
            hosts:
              - provider: anthropic
                model: claude-sonnet-4-5-20250929
                price: {input: 3, cache_read: 0.30, cache_write_5m: 3.75, cache_write_1h: 6, output: 15}
          claude-haiku-4-5:
            display_name: Claude Haiku 4.5
            context_window: 200000
            max_output_tokens: 64000
            capabilities: [tools, vision, documents, reasoning, caching]
            hosts:
              - provider: anthropic
                model: claude-haiku-4-5-20251001
                price: {input: 1, cache_read: 0.10, cache_write_5m: 1.25, cache_write_1h: 2, output: 5}
          gpt-5:
            display_name: GPT-5
            context_window: 400000
            max_output_tokens: 128000
            capabilities: [tools, vision, reasoning, structured_output, caching]
            hosts:
              - provider: openai
                price: {input: 1.25, cache_read: 0.125, output: 10}
          gpt-5-mini:
            display_name: GPT-5 mini
            context_window: 400000
            max_output_tokens: 128000
            capabilities: [tools, vision, reasoning, structured_output, caching]
            hosts:
              - provider: openai
                price: {input: 0.25, cache_read: 0.025, output: 2}
          gpt-oss-20b:
            display_name: gpt-oss 20B, on our own machine
            context_window: 131072
            max_output_tokens: 32768
            capabilities: [tools, reasoning]
            hosts:
              - provider: local
                model: gpt-oss:20b
                price: {input: 0, output: 0}

        # Other names for the same models; clients see the name they asked for.
        aliases:
          sonnet: claude-sonnet-4-5
          haiku: claude-haiku-4-5
          claude-3-5-haiku-latest: claude-haiku-4-5
          local: gpt-oss-20b

        """#
}
