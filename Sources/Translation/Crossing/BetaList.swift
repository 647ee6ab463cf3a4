// BetaList: the values of `anthropic-beta` as one.
//
// For: a provider's configuration that adds a beta of its own to those of the client.
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
}
