// BetaList: the values of `anthropic-beta`, and which headers are between a client and Anthropic alone.
//
// For: a gateway that must add a beta of its own to those of the client, and upstreams of another dialect, which get
//   neither these headers nor the body fields that belong to them (R-19, C-10).
// Refuses: nothing; tokens it does not know are kept (C-08).
// Called by: gatewayd's headers.

/// Lists of beta features.
public enum BetaList {
    /// One value of all tokens of `client`, then those of `own` that are not there yet. `nil` when there are none.
    ///
    /// Each string may be a list with commas, as headers are; the order of first appearance is kept.
    public static func merged(client: [String], own: [String]) -> String? {
        var tokens: [Substring] = []
        for line in client + own {
            for part in line.split(separator: ",") {
                let token = trimmed(part)
                if !token.isEmpty, !tokens.contains(token) { tokens.append(token) }
            }
        }
        return tokens.isEmpty ? nil : tokens.joined(separator: ",")
    }

    private static func trimmed(_ part: Substring) -> Substring {
        let isSpace = { (letter: Character) in letter == " " || letter == "\t" }
        var part = part.drop(while: isSpace)
        while let last = part.last, isSpace(last) { part.removeLast() }
        return part
    }

    /// Whether a header, its name in lower case, must not reach an upstream that is not Anthropic's.
    public static func isForAnthropicAlone(_ header: some StringProtocol) -> Bool {
        header.hasPrefix("anthropic-") || header.hasPrefix("x-claude-code-")
    }
}
