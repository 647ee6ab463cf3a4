// References, refusals and policies: numbers and texts that are stored and sent must never move.

import Testing

@testable import Money

@Suite struct VocabularyTests {
    @Test func refusalsKeepTheirNumbersInOrderOfPrecedence() {
        #expect(WalletRefusal.allCases.map(\.rawValue) == Array(10...20))
        #expect(WalletRefusal.existsWithDifferentContent.rawValue == 11)
        #expect(WalletRefusal.insufficientFunds.rawValue == 20)
    }

    @Test func policiesHaveNamesThatReadBack() {
        for policy in SpendPolicy.allCases { #expect(SpendPolicy(name: policy.description) == policy) }
        #expect(SpendPolicy(name: "free") == nil)
    }

    @Test func machineReferencesSortByTimeAndNeverLookLikeText() {
        let early = Reference(milliseconds: 1_795_000_000_000, unique: 0xFFFF, .max)
        let late = Reference(milliseconds: 1_795_000_000_001, unique: 0, 0)
        #expect(early.bytes.count == 16)
        #expect(early.bytes.lexicographicallyPrecedes(late.bytes))
        #expect(early.bytes[0] < 0x20)
        #expect(early.description.utf8.count == 32)
    }

    @Test(arguments: ["", "has space", "tab\t", "ümlaut", String(repeating: "x", count: 65)])
    func textReferencesRefuse(_ text: String) { #expect(Reference(text: text) == nil) }

    @Test func textReferencesPrintAsThemselves() {
        #expect(Reference(text: "invoice-2026/11#3")?.description == "invoice-2026/11#3")
        #expect(Reference(bytes: []) == nil)
    }
}
