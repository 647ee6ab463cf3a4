// HostileList: the hostile targets as a page to read.
//
// For: reviewers, who read HostileTargets.md beside this file.
// Refuses: nothing.
// Called by: HostileTargetTests, which compares the two.

import Foundation

@testable import HTTP

enum HostileList {
    static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("HostileTargets.md")

    /// Longer texts are cut in the list.
    private static let shown = 64

    static var page: String {
        let names = HostileTargets.names.map { ($0.name, answers($0.answers), reason($0.reason)) }
        let addresses = HostileTargets.addresses.map { hostile in
            (hostile.text, inner(address(hostile.text)), hostile.addressClass.rawValue)
        }
        let spellings = HostileTargets.spellings.map { (quoted($0.url), "", "\($0.refusal)") }
        let redirects = HostileTargets.redirects.map { (quoted($0), "", "an answer, not followed") }
        let connect = addresses.count + names.count
        return """
            # Hostile targets

            What the address guard is tried with, by `HostileTargetTests` in this folder, which also keeps this list
            true: \(connect + spellings.count + redirects.count) rows. Nobody ever comes to the port that they lead to.

            ## Addresses (\(addresses.count)): refused in a URL, as the host of an origin, and behind a name

            \(table(["address", "stands for", "class"], addresses))

            ## Names (\(names.count)): refused when they are connected to

            \(table(["name", "leads to", "refused because"], names))

            And, in `GuardedDialTests`: a name that leads to another address at each look-up, one that is never answered,
            and connections that go elsewhere than where they were sent.

            ## Spellings (\(spellings.count)): refused before anything is looked up

            \(table(["URL", "", "refused because"], spellings))

            ## Redirects (\(redirects.count)): handed on, never followed

            \(table(["answer", "", "is"], redirects))

            """
    }

    private static func table(_ heads: [String], _ rows: [(String, String, String)]) -> String {
        let used = heads.indices.filter { !heads[$0].isEmpty }
        let lines = [heads.map { $0 }, heads.map { _ in "---" }] + rows.map { ["`\($0.0)`", $0.1, $0.2] }
        return lines.map { cells in "| " + used.map { cells[$0] }.joined(separator: " | ") + " |" }.joined(
            separator: "\n")
    }

    private static func inner(_ address: IPAddress) -> String {
        AddressVerdict(address).embedded.map { "\(address), within \($0)" } ?? "\(address)"
    }

    private static func answers(_ answers: [String]) -> String {
        answers.count > 3 ? "\(answers.count) addresses" : answers.joined(separator: ", ")
    }

    private static func reason(_ reason: AddressRefusal.Reason) -> String {
        switch reason {
        case .addressClass(let addressClass): addressClass.rawValue
        case .ownAddress: "an address of this machine"
        case .ownListener: "a port that we listen on"
        case .tooManyAnswers(let count): "\(count) answers"
        case .otherPeer: "another peer"
        }
    }

    /// Control characters and what is not ASCII as escapes, so that the page shows them.
    private static func quoted(_ text: String) -> String {
        let cut = text.count > shown ? text.prefix(shown) + "…(\(text.utf8.count) bytes)" : text[...]
        return cut.unicodeScalars.map { scalar in
            switch scalar {
            case "\r": "\\r"
            case "\n": "\\n"
            case "\t": "\\t"
            case "\u{0}": "\\0"
            default: String(scalar)
            }
        }.joined()
    }
}
