// The rules of money as stories. Case numbers are those of the case list that Weir was built against.

import Testing

@testable import Ledger

@Suite struct ScenarioTests {
    @Test func theFirstCreditOpensTheWallet() {
        Scenario.play(
            """
            acme                            => unknown
            hold   A1 acme 0.10             => refused tenantUnknown 0.00
            credit c1 acme 1.00             => pending
            acme                            => unknown
            hold   A1 acme 0.10             => refused tenantUnknown 0.00
            commit                          => posted 1.00
            hold   A1 acme 0.10             => granted 0.90
            acme                            => 1.00 held 0.10 free 0.90
            """)
    }

    @Test func B01_aHundredHoldsOfATenthOnOneDollarGrantTen() {
        let granted = (1...10).map { "hold A\($0) acme 0.10 => granted \(10 - $0 == 10 ? "1.00" : "0.\(10 - $0)0")\n" }
        let refused = (11...100).map { "hold A\($0) acme 0.10 => refused insufficientFunds 0.00\n" }
        Scenario.play("credit c1 acme 1.00 => posted 1.00\n" + (granted + refused).joined())
    }

    @Test func B03_aSettlementAboveItsHoldIsPostedInFullAndOtherHoldsStay() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            hold   A1 acme 0.40             => granted 0.60
            hold   A2 acme 0.60             => granted 0.00
            settle s1 acme 0.90 ending A1   => posted 0.10
            acme                            => 0.10 held 0.60 free -0.50
            hold   A3 acme 0.01             => refused insufficientFunds -0.50
            settle s2 acme 0.60 ending A2   => posted -0.50
            acme                            => -0.50 held 0.00 free -0.50
            """)
    }

    @Test func B04_whatAHoldDidNotSpendIsFreeInTheSameStep() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            hold   A1 acme 0.80             => granted 0.20
            settle s1 acme 0.30 ending A1   => pending
            acme                            => 1.00 held 0.00 free 0.70
            commit                          => posted 0.70
            acme                            => 0.70 held 0.00 free 0.70
            """)
    }

    @Test func B05_aHoldLivesAsLongAsItsConnection() {
        Scenario.play(
            """
            credit  c1 acme 1.00            => posted 1.00
            hold    A1 acme 0.60            => granted 0.40
            hold    B1 acme 0.40            => granted 0.00
            close   A                       => done
            acme                            => 1.00 held 0.40 free 0.60
            """)
    }

    @Test func B06_aConnectionThatBreaksBetweenHoldAndSettleLeavesNoPhantom() {
        Scenario.play(
            """
            credit  c1 acme 1.00            => posted 1.00
            hold    A1 acme 1.00            => granted 0.00
            close   A                       => done
            hold    B1 acme 1.00            => granted 0.00
            settle  s1 acme 0.70 ending A1  => posted 0.30
            acme                            => 0.30 held 1.00 free -0.70
            """)
    }

    @Test func B08_aSettlementSentFiveTimesIsPostedOnceAndAnsweredTheSame() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            hold   A1 acme 0.40             => granted 0.60
            settle s1 acme 0.30 ending A1   => posted 0.70
            settle s2 acme 0.20             => posted 0.50
            settle s1 acme 0.30 ending A1   => exists 0.70
            settle s1 acme 0.30             => exists 0.70
            settle s1 acme 0.30 ending B9   => exists 0.70
            settle s1 acme 0.30             => exists 0.70
            acme                            => 0.50 held 0.00 free 0.50
            """)
    }

    @Test func B09_aKnownReferenceWithOtherContentIsRefused() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            credit c2 brook 1.00            => posted 1.00
            settle s1 acme 0.30 key k1      => posted 0.70
            settle s1 acme 0.31 key k1      => refused existsWithDifferentContent
            settle s1 acme 0.30 key k2      => refused existsWithDifferentContent
            settle s1 acme 0.30             => refused existsWithDifferentContent
            settle s1 brook 0.30 key k1     => refused existsWithDifferentContent
            debit  s1 acme 0.30 key k1      => refused existsWithDifferentContent
            credit s1 acme 0.30             => refused existsWithDifferentContent
            refund s1 c1 0.30               => refused existsWithDifferentContent
            settle s1 acme 0.30 key k1      => exists 0.70
            """)
    }

    @Test func B17_twoAttemptsOfOneRequestAreTwoMovements() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            hold   A1 acme 0.50             => granted 0.50
            settle attempt1 acme 0.05 ending A1 => posted 0.95
            hold   A2 acme 0.50             => granted 0.45
            settle attempt2 acme 0.20 ending A2 => posted 0.75
            """)
    }

    @Test func B32_aCreditTakenBackBelowTheBalanceIsADebtAndStopsHolds() {
        Scenario.play(
            """
            credit c1 acme 10               => posted 10.00
            debit  d1 acme 7                => posted 3.00
            refund r1 c1 10                 => posted -7.00
            hold   A1 acme 0.01             => refused insufficientFunds -7.00
            hold   A1 acme 0.01 positive    => refused insufficientFunds -7.00
            refund r2 c1 0.01               => refused refundExceedsOriginal
            credit c2 acme 8                => posted 1.00
            hold   A1 acme 1.00             => granted 0.00
            """)
    }

    @Test func B34_oneTenantsFloodLeavesTheOthersTheirHolds() {
        var limits = LedgerLimits()
        limits.holdsPerTenant = 2
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            credit c2 brook 1.00            => posted 1.00
            hold   A1 acme 0.10             => granted 0.90
            hold   A2 acme 0.10             => granted 0.80
            hold   A3 acme 0.10             => refused tooManyHolds 0.80
            hold   A3 brook 0.10            => granted 0.90
            """, limits: limits)
    }

    @Test func refundsGiveBackAtMostTheirOriginal() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            settle s1 acme 0.60 key k1      => posted 0.40
            spent  k1                       => 0.60
            refund r1 s1 0.25               => posted 0.65
            refund r1 s1 0.25               => exists 0.65
            refund r1 s1 0.26               => refused existsWithDifferentContent
            refund r2 s1 0.36               => refused refundExceedsOriginal
            refund r2 s1 0.35               => posted 1.00
            refund r3 s1 0.01               => refused refundExceedsOriginal
            refund r3 r1 0.01               => refused originalNotRefundable
            refund r3 s9 0.01               => refused originalUnknown
            spent  k1                       => 0.00
            """)
    }

    @Test func aDebitMustFitWhatIsFreeAndASettlementNeedNot() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            hold   A1 acme 0.70             => granted 0.30
            debit  d1 acme 0.31             => refused insufficientFunds
            debit  d1 acme 0.30             => posted 0.70
            debit  d2 acme 0.01             => refused insufficientFunds
            settle s1 acme 0.01             => posted 0.69
            debit  d1 acme 0.30             => exists 0.70
            """)
    }

    @Test func aPendingDebitIsSpentAndAPendingCreditIsNotYetThere() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            debit  d1 acme 0.60             => pending
            credit c2 acme 5.00             => pending
            acme                            => 1.00 held 0.00 free 0.40
            debit  d2 acme 0.41             => pending
            commit                          => posted 0.40
            commit                          => posted 5.40
            commit                          => refused insufficientFunds
            acme                            => 5.40 held 0.00 free 5.40
            """)
    }

    @Test func aFailedCommitLeavesEverythingAsBefore() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            hold   A1 acme 0.80 key k1      => granted 0.20
            settle s1 acme 0.50 key k1 ending A1 => pending
            debit  d1 acme 0.10             => pending
            acme                            => 1.00 held 0.00 free 0.40
            fail                            => done
            fail                            => done
            acme                            => 1.00 held 0.80 free 0.20
            settle s1 acme 0.50 key k1 ending A1 => posted 0.50
            acme                            => 0.50 held 0.00 free 0.50
            """)
    }

    @Test func aHoldWhoseConnectionEndedDoesNotComeBackWithAFailedCommit() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            hold   A1 acme 0.80             => granted 0.20
            settle s1 acme 0.50 ending A1   => pending
            close  A                        => done
            fail                            => done
            acme                            => 1.00 held 0.00 free 1.00
            """)
    }

    @Test func aRefusedSettlementKeepsItsHold() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            settle s1 acme 0.10             => posted 0.90
            hold   A1 acme 0.80             => granted 0.10
            settle s1 acme 0.20 ending A1   => refused existsWithDifferentContent
            settle s2 acme -0.01 ending A1  => refused amountOutOfRange
            acme                            => 0.90 held 0.80 free 0.10
            """)
    }

    @Test func aSettlementOfNothingEndsItsHoldAndPostsNothing() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            hold   A1 acme 0.80             => granted 0.20
            settle s1 acme 0 ending A1      => nothing
            acme                            => 1.00 held 0.00 free 1.00
            settle s1 acme 0.20             => posted 0.80
            """)
    }

    @Test func thePositivePolicyAdmitsAnythingWhileMoneyIsLeft() {
        Scenario.play(
            """
            credit c1 acme 0.01             => posted 0.01
            hold   A1 acme 5.00 positive    => granted -4.99
            hold   A2 acme 0.01 positive    => refused insufficientFunds -4.99
            settle s1 acme 3.00 ending A1   => posted -2.99
            hold   A2 acme 0.00 positive    => refused insufficientFunds -2.99
            credit c2 acme 2.99             => posted 0.00
            hold   A2 acme 0.00 positive    => refused insufficientFunds 0.00
            hold   A2 acme 0.00             => granted 0.00
            """)
    }

    @Test func aBudgetCountsSpentPendingAndHeld() {
        Scenario.play(
            """
            credit c1 acme 10               => posted 10.00
            settle s1 acme 0.30 key k1      => posted 9.70
            settle s2 acme 0.20 key k1      => pending
            hold   A1 acme 0.40 key k1 cap 1.00 => granted 9.10
            hold   A2 acme 0.11 key k1 cap 1.00 => refused budgetExceeded 9.10
            hold   A2 acme 0.10 key k1 cap 1.00 => granted 9.00
            hold   A3 acme 0.01 key k1 cap 1.00 => refused budgetExceeded 9.00
            hold   A3 acme 0.01 key k2 cap 1.00 => granted 8.99
            hold   A4 acme 0.01 key k1      => granted 8.98
            commit                          => posted 9.50
            spent  k1                       => 0.50
            """)
    }

    @Test func assertedHoldsAskNeitherBalanceNorBudget() {
        Scenario.play(
            """
            credit c1 acme 1.00             => posted 1.00
            assert A1 acme 3.00 key k1 cap 0.10 => granted -2.00
            assert A1 acme 3.00 key k1 cap 0.10 => granted -2.00
            assert A1 acme 2.00 key k1 cap 0.10 => refused holdExists -2.00
            assert A2 other 1.00            => refused tenantUnknown 0.00
            hold   A3 acme 0.10             => refused insufficientFunds -2.00
            settle s1 acme 2.50 ending A1   => posted -1.50
            acme                            => -1.50 held 0.00 free -1.50
            """)
    }

    @Test func releasingTwiceIsReleasingOnce() {
        Scenario.play(
            """
            credit  c1 acme 1.00            => posted 1.00
            hold    A1 acme 0.50            => granted 0.50
            release A1                      => done
            release A1                      => done
            release A9                      => done
            acme                            => 1.00 held 0.00 free 1.00
            hold    A1 acme 0.50            => granted 0.50
            """)
    }

    @Test func anotherConnectionsHoldIsOutOfReach() {
        Scenario.play(
            """
            credit  c1 acme 1.00            => posted 1.00
            hold    A1 acme 0.50            => granted 0.50
            hold    B1 acme 0.10            => granted 0.40
            release B1                      => done
            settle  s1 acme 0.20 ending B1  => posted 0.80
            acme                            => 0.80 held 0.50 free 0.30
            """)
    }
}
