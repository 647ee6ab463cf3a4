// ScriptedResolver: names that lead where a test says, look-up by look-up.
//
// For: rebinding, mixed and endless answers, name servers that say nothing.
// Refuses: a name that the test has not told it (the name has no address).
// Called by: the tests of Guard/.

import Synchronization

@testable import HTTP

/// What a name leads to at one look-up.
enum Answer: Sendable {
    case addresses([String])
    case fault(NameFault)
    /// None, until `ScriptedResolver.answerAll`.
    case silence
}

/// The answers for a name are given one after the other, the last one again and again.
final class ScriptedResolver: NameResolver {
    private typealias Done = @Sendable (Result<[IPAddress], NameFault>) -> Void

    private struct State {
        var script: [String: [Answer]]
        var asked: [String] = []
        var silent: [Done] = []
    }

    private let state: Mutex<State>

    init(_ script: [String: [Answer]]) { state = Mutex(State(script: script)) }

    /// One name, one answer.
    convenience init(_ name: String, _ addresses: [String]) { self.init([name: [.addresses(addresses)]]) }

    func look(
        up name: String, most: Int, _ done: @escaping @Sendable (Result<[IPAddress], NameFault>) -> Void
    ) {
        let answer = state.withLock { state -> Answer in
            state.asked.append(name)
            guard let answers = state.script[name], let next = answers.first else { return .fault(.noAddress) }
            if answers.count > 1 { state.script[name] = Array(answers.dropFirst()) }
            if case .silence = next { state.silent.append(done) }
            return next
        }
        switch answer {
        case .addresses(let texts): done(.success(texts.map(address)))
        case .fault(let fault): done(.failure(fault))
        case .silence: return
        }
    }

    /// Every look-up so far, in order.
    var asked: [String] { state.withLock { $0.asked } }

    /// Answers those who still wait, late.
    func answerAll(_ addresses: [String]) {
        let silent = state.withLock { state in
            defer { state.silent = [] }
            return state.silent
        }
        for done in silent { done(.success(addresses.map(address))) }
    }
}
