// Scenario: a story of one wallet, one event a line, its outcome after the arrow.
//
//     credit  c1 acme 1.00                                   => posted 1.00
//     hold    A1 acme 0.40 key k1 cap 0.50 positive          => granted 0.60        (hold 1 of connection A)
//     assert  A1 acme 0.40                                   => granted 0.60
//     settle  s1 acme 0.30 key k1 ending A1                  => posted 0.70
//     debit   d1 acme 0.10                                   => pending             (decided by a later commit or fail)
//     commit                                                 => posted 0.60
//     refund  r1 s1 0.10                                     => posted 0.70
//     release A1 / close A / fail                            => done
//     acme                                                   => 0.70 held 0.00 free 0.70
//     spent   k1                                             => 0.20

import Money
import Support
import Tenancy
import Testing

@testable import Ledger

struct Scenario {
    private var book: Book
    private var shelf = MemoryShelf()
    private var queue: [Order] = []
    private var connections: Set<UInt64> = []

    /// Runs the story and records the first line that ends otherwise than it says.
    static func play(
        _ story: String, limits: LedgerLimits = LedgerLimits(), sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var scenario = Scenario(book: Book(limits: limits))
        for line in story.split(separator: "\n") {
            let halves = line.split(separator: "=>").map { $0.split(separator: " ").map(String.init) }
            let (event, expected) = (halves[0], halves[1].joined(separator: " "))
            let outcome = scenario.run(event, leavesPending: expected == "pending")
            guard outcome == expected else {
                Issue.record(
                    "\(event.joined(separator: " ")) => \(outcome), not \(expected)", sourceLocation: sourceLocation)
                return
            }
        }
        #expect(Audit.findings(of: scenario.shelf) == [], sourceLocation: sourceLocation)
    }

    private mutating func run(_ words: [String], leavesPending: Bool) -> String {
        switch words[0] {
        case "hold": return describe(book.hold(holdTerms(words), by: holder(words[1])))
        case "assert": return describe(book.assert(holdTerms(words), by: holder(words[1])))
        case "release": book.release(id(words[1]), by: holder(words[1]))
        case "close":
            book.close(holder(words[1]))
            connections.remove(holder(words[1]).value)
        case "fail": book.abandon(queue.removeFirst())
        case "commit": return decide()
        case "spent": return book.spent(by: key(words[1])).description
        case "credit", "debit", "refund", "settle": return move(words, leavesPending)
        default: return describe(book.standing(of: TenantID(words[0])!))
        }
        return "done"
    }

    private mutating func move(_ words: [String], _ leavesPending: Bool) -> String {
        let request = movement(words)
        let intake: Intake
        if request.kind == .settlement {
            let ending = word(after: "ending", words)
            intake = book.settle(request, ending: ending.map(id) ?? 0, of: ending.map { holder($0) } ?? HolderID(0))
        } else {
            intake = book.take(request)
        }
        switch intake {
        case .refused(let refusal): return "refused \(refusal)"
        case .nothingToPost: return "nothing"
        case .queued(let order):
            queue.append(order)
            return leavesPending ? "pending" : decide()
        }
    }

    private mutating func decide() -> String {
        let order = queue.removeFirst()
        let outcome = shelf.decide(order)
        book.finish(order, outcome)
        switch outcome {
        case .posted(let balance), .refunded(_, let balance): return "posted \(balance)"
        case .exists(let balance): return "exists \(balance)"
        case .refused(let refusal): return "refused \(refusal)"
        }
    }
}

// MARK: words

extension Scenario {
    private func word(after name: String, _ words: [String]) -> String? {
        words.firstIndex(of: name).map { words[$0 + 1] }
    }

    private func id(_ name: String) -> UInt64 { UInt64(name.dropFirst())! }

    private mutating func holder(_ name: String) -> HolderID {
        let letter = UInt64(name.utf8.first!)
        if connections.insert(letter).inserted { book.open(HolderID(letter)) }
        return HolderID(letter)
    }

    private func key(_ name: String) -> KeyID { KeyID(random: 0, UInt64(name.dropFirst())!) }

    private func holdTerms(_ words: [String]) -> HoldTerms {
        HoldTerms(
            id: id(words[1]), amount: Micros(dollars: words[3])!,
            cap: word(after: "cap", words).map { Micros(dollars: $0)! },
            policy: words.contains("positive") ? .positive : .reserve, tenant: TenantID(words[2])!,
            budget: word(after: "key", words).map(key))
    }

    private func movement(_ words: [String]) -> MovementRequest {
        let kinds: [String: EntryKind] = ["credit": .credit, "debit": .debit, "refund": .refund, "settle": .settlement]
        let isRefund = words[0] == "refund"
        return MovementRequest(
            kind: kinds[words[0]]!, reference: Reference(text: words[1])!,
            tenant: isRefund ? nil : TenantID(words[2])!, budget: word(after: "key", words).map(key),
            amount: Micros(dollars: words[3])!, at: UnixMillis(0),
            original: isRefund ? Reference(text: words[2])! : nil)
    }

    private func describe(_ admission: Admission) -> String {
        switch admission {
        case .granted(let free): "granted \(free)"
        case .refused(let refusal, let free): "refused \(refusal) \(free)"
        }
    }

    private func describe(_ standing: Book.Standing?) -> String {
        standing.map { "\($0.balance) held \($0.held) free \($0.free)" } ?? "unknown"
    }
}
