// StormBook: what the askers of a storm know: which movements were acknowledged, and which were cut off.
//
// For: holding walletd to its acknowledgements.
// Refuses: an answer that contradicts an earlier one.
// Called by: StormRound's workers.

import IPC
import Money
import Support
import Tenancy

actor StormBook {
    private var random: SeededRandom
    private var clock: Int64 = 1_700_000_000_000
    /// Acknowledged, with the balance that the acknowledgement told.
    private(set) var acknowledged: [Movement: Micros] = [:]
    /// Of this round, to be asked again in the next one.
    private var fresh: [Movement] = []
    /// Asked, and never answered.
    private(set) var unanswered: Set<Movement> = []
    private var debits: [Movement] = []

    init(random: SeededRandom) { self.random = random }

    /// Something to ask for.
    func next() -> Movement {
        clock += 1
        let reference = Reference(milliseconds: clock, unique: 7, random.next())
        let tenant = Movement.tenants.randomElement(using: &random)!
        let amount = Micros(Int64.random(in: 1...500, using: &random))
        let budget = Bool.random(using: &random) ? KeyID(random: 0, random.next() % 3) : nil
        func movement(_ kind: Movement.Kind, _ budget: KeyID?, _ amount: Micros) -> Movement {
            Movement(kind: kind, reference: reference, tenant: tenant, budget: budget, amount: amount)
        }
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<5: return movement(.credit, nil, Micros(amount.value * 3))
        case 5..<8: return movement(.debit, budget, amount)
        case 8 where !debits.isEmpty:
            let original = debits.removeLast()
            return Movement(
                kind: .refund(original.reference), reference: reference, tenant: original.tenant, budget: nil,
                amount: original.amount)
        default: return movement(.settlement, budget, amount)
        }
    }

    /// A movement is on its way; without an answer it stays unanswered.
    func asked(_ movement: Movement) { unanswered.insert(movement) }

    /// An answer has come. Throws what is wrong with it.
    func answered(_ movement: Movement, _ answer: PostingAnswer) throws {
        unanswered.remove(movement)
        if let balance = acknowledged[movement] {
            if answer == PostingAnswer(outcome: .exists, balance: balance) { return }
            throw StormFailure("\(movement) was acknowledged with \(balance) and is now answered \(answer)")
        }
        switch answer.outcome {
        case .posted, .exists:
            acknowledged[movement] = answer.balance
            fresh.append(movement)
            if movement.kind == .settlement { debits.append(movement) }
        case .refused(.tenantUnknown), .refused(.insufficientFunds): break
        case .refused: throw StormFailure("\(movement) was refused: \(answer)")
        }
    }

    /// What the next round has to ask again: what was not answered, and what was acknowledged since the last time.
    func takeForAskingAgain() -> [Movement] {
        defer { fresh = [] }
        return Array(unanswered) + fresh
    }

    func draw(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }
}
