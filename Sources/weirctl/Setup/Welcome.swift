// Welcome: what `weirctl up` prints when everything is ready.
//
// For: a newcomer's next step: lines that can be pasted into a shell.
// Refuses: nothing. Pure.
// Called by: UpCommand.

import DaemonKit

struct Welcome {
    /// How weirctl was called, so that its name can be pasted.
    let weirctl: String
    let folder: String
    /// Where clients reach gatewayd, as a URL without a slash at its end.
    let baseURL: String

    /// A listener's URL as a client on this machine types it.
    static func baseURL(_ listen: NetworkAddress, isSecure: Bool) -> String {
        let host = ["0.0.0.0", "::"].contains(listen.host) ? "127.0.0.1" : listen.host
        return "\(isSecure ? "https" : "http")://\(NetworkAddress(host: host, port: listen.port))"
    }

    /// Without a demo.
    var plain: String {
        """

        Weir answers at \(baseURL)
          \(weirctl) --help     tenant create, wallet credit, key create: the way to a first request
          \(weirctl) status --dir \(folder)
        Ctrl-C stops it.

        """
    }

    /// With a demo tenant whose key is `key`.
    func demo(key: String) -> String {
        """

        Weir answers at \(baseURL), for the tenant demo. Its model is no language model: weir-demo-upstream answers.

        Anthropic surface, plain and streaming:
          \(anthropic(key, isStream: false))
          \(anthropic(key, isStream: true))

        OpenAI surface, plain and streaming:
          \(openAI(key, isStream: false))
          \(openAI(key, isStream: true))

        An API that an agent calls with an account of the tenant's, whose key it never sees:
          \(agent(key))

        What it cost, and what happens:
          \(weirctl) wallet history demo --dir \(folder)
          \(weirctl) watch --dir \(folder)

        Real models: put a vendor's key or a server's URL into \(folder)/weir.yaml; the file says how.
        Ctrl-C stops everything.

        """
    }

    private func anthropic(_ key: String, isStream: Bool) -> String {
        let body =
            #"{"model":"\#(model)",\#(stream(isStream))"max_tokens":200,"messages":[{"role":"user","content":"Hello"}]}"#
        return "curl -sS\(isStream ? "N" : "") \(baseURL)/v1/messages -H 'x-api-key: \(key)' "
            + "-H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' -d '\(body)'"
    }

    private func openAI(_ key: String, isStream: Bool) -> String {
        let body = #"{"model":"\#(model)",\#(stream(isStream))"messages":[{"role":"user","content":"Hello"}]}"#
        return "curl -sS\(isStream ? "N" : "") \(baseURL)/v1/chat/completions -H 'authorization: Bearer \(key)' "
            + "-H 'content-type: application/json' -d '\(body)'"
    }

    private func agent(_ key: String) -> String {
        let body = #"{"path":"/models","fields":["data.id"]}"#
        return "curl -sS \(baseURL)/api/v1/\(DemoTenant.name)/\(FolderConfiguration.demoDomain) "
            + "-H 'authorization: Bearer \(key)' -H 'content-type: application/json' -d '\(body)'"
    }

    private var model: String { FolderConfiguration.demoModel }

    private func stream(_ isStream: Bool) -> String { isStream ? #""stream":true,"# : "" }
}
