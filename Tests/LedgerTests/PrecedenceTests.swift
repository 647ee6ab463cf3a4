// Refusals in their order: where several apply, the one with the lowest number is given.

import Money
import Testing

@testable import Ledger

@Suite struct PrecedenceTests {
    private var oneHold: LedgerLimits {
        var limits = LedgerLimits()
        limits.holdsPerConnection = 1
        return limits
    }

    @Test func holdsAreRefusedTopToBottom() {
        // Each line repairs what the line before was refused for, and everything below still applies.
        Scenario.play(
            """
            credit c1 acme 1.00                            => posted 1.00
            hold   A1 acme 0.90                            => granted 0.10
            hold   A1 nobody -1 key k1 cap 0               => refused amountOutOfRange 0.00
            hold   A1 nobody 5 key k1 cap 0                => refused tenantUnknown 0.00
            hold   A1 acme 5 key k1 cap 0                  => refused holdExists 0.10
            hold   A2 acme 5 key k1 cap 0                  => refused tooManyHolds 0.10
            hold   B2 acme 5 key k1 cap 0                  => refused budgetExceeded 0.10
            hold   B2 acme 5 key k1 cap 5                  => refused insufficientFunds 0.10
            hold   B2 acme 0.10 key k1 cap 5               => granted 0.00
            """, limits: oneHold)
    }

    @Test func debitsAreRefusedTopToBottom() {
        Scenario.play(
            """
            credit c1 acme 1.00                            => posted 1.00
            debit  c1 nobody 0                             => refused amountOutOfRange
            debit  c1 nobody 5                             => refused existsWithDifferentContent
            debit  d1 nobody 5                             => refused tenantUnknown
            debit  d1 acme 5                               => refused insufficientFunds
            debit  d1 acme 1                               => posted 0.00
            """)
    }

    @Test func refundsAreRefusedTopToBottom() {
        Scenario.play(
            """
            credit c1 acme 1.00                            => posted 1.00
            settle s1 acme 0.50                            => posted 0.50
            refund r1 s1 0.10                              => posted 0.60
            refund c1 zz 0                                 => refused amountOutOfRange
            refund c1 zz 5                                 => refused existsWithDifferentContent
            refund r2 zz 5                                 => refused originalUnknown
            refund r2 r1 5                                 => refused originalNotRefundable
            refund r2 s1 5                                 => refused refundExceedsOriginal
            refund r2 s1 0.40                              => posted 1.00
            """)
    }

    @Test func settlementsAreRefusedTopToBottom() {
        let most = Micros.max.description
        Scenario.play(
            """
            credit c1 acme \(most)                         => posted \(most)
            settle c1 nobody -1                            => refused amountOutOfRange
            settle c1 nobody 1                             => refused existsWithDifferentContent
            settle s1 nobody 1                             => refused tenantUnknown
            settle s1 acme \(most)                         => posted 0.00
            settle s2 acme \(most)                         => refused balanceOutOfRange
            """)
    }

    @Test func creditsAreRefusedTopToBottom() {
        let most = Micros.max.description
        Scenario.play(
            """
            credit c1 acme \(most)                         => posted \(most)
            credit c1 acme 0                               => refused amountOutOfRange
            credit c1 acme 1                               => refused existsWithDifferentContent
            credit c2 acme 1                               => refused balanceOutOfRange
            credit c2 brook 2                              => refused balanceOutOfRange
            credit c1 acme \(most)                         => exists \(most)
            """)
    }
}
