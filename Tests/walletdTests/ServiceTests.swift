// walletd as its peers see it: over the socket, with real clients.

import IPC
import Ledger
import Money
import NIOCore
import Support
import Tenancy
import Testing

@testable import walletd

@Suite struct ServiceTests {
    private func balance(_ client: AsyncWalletClient, _ tenant: String) async throws -> BalanceAnswer {
        try await client.balance(BalanceRequest(tenant: TenantID(tenant)!))
    }

    @Test func everyMessageOfWalletdHasARow() async throws {
        let unanswered = try await WalletRig.loop.submit {
            let store = try Store(FaultyFiles())
            let writer = try Writer(store, on: WalletRig.loop, line: OrderLine(), batchMax: 1)
            let identity = PeerIdentity(role: .walletd, instance: 1, build: "test")
            let service = Service(
                Book(), writer, OrderLine(), on: WalletRig.loop, log: .silent,
                process: .init(startedAt: UnixMillis(0), identity: identity, copyPath: "/nowhere"))
            return service.makeTable().unanswered
        }.get()
        #expect(unanswered == [])
    }

    @Test func moneyComesGoesAndIsAnsweredOnce() async throws {
        try await withWallet { rig in
            let (operator_, gateway) = (await rig.asker(.weirctl), await rig.asker(.gatewayd))
            let credit = try await operator_.credit(CreditRequest("c1", "acme", "10"))
            #expect(credit == PostingAnswer(outcome: .posted, balance: Micros(dollars: "10")!))
            let hold = try await gateway.hold(HoldRequest(1, "acme", "4"))
            #expect(hold == HoldAnswer(outcome: .granted, free: Micros(dollars: "6")!))
            let settle = try await gateway.settle(SettleRequest("s1", "acme", "3", ending: 1))
            #expect(settle == PostingAnswer(outcome: .posted, balance: Micros(dollars: "7")!))
            let again = try await gateway.settle(SettleRequest("s1", "acme", "3", ending: 1))
            #expect(again == PostingAnswer(outcome: .exists, balance: Micros(dollars: "7")!))
            let other = try await gateway.settle(SettleRequest("s1", "acme", "2"))
            #expect(other.outcome == .refused(.existsWithDifferentContent))
            let refund = try await operator_.refund(
                RefundRequest(
                    amount: Micros(dollars: "1")!, at: UnixMillis(3), reference: Reference(text: "r1")!,
                    original: Reference(text: "s1")!, note: ""))
            #expect(refund == PostingAnswer(outcome: .posted, balance: Micros(dollars: "8")!))
            let standing = try await balance(gateway, "acme")
            #expect(
                standing
                    == BalanceAnswer(
                        known: true, balance: Micros(dollars: "8")!, held: .zero, free: Micros(dollars: "8")!,
                        entries: 3))
            let nobody = try await balance(gateway, "nobody")
            #expect(!nobody.known)
        }
    }

    @Test func onlyOperatorsMakeCredit() async throws {
        try await withWallet { rig in
            let gateway = await rig.asker(.gatewayd)
            await #expect(throws: CallFailure.self) { try await gateway.credit(CreditRequest("c1", "acme", "10")) }
            let operator_ = await rig.asker(.weirctl)
            await #expect(throws: CallFailure.self) { try await operator_.hold(HoldRequest(1, "acme", "1")) }
            let standing = try await balance(gateway, "acme")
            #expect(!standing.known)
        }
    }

    @Test func B01_ofAHundredParallelHoldsOfATenthOnOneDollarTenAreGranted() async throws {
        try await withWallet { rig in
            try await rig.asker(.weirctl).credit(CreditRequest("c1", "acme", "1"))
            var gateways: [AsyncWalletClient] = []
            for _ in 0..<4 { gateways.append(await rig.asker(.gatewayd)) }
            let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<100 {
                    let gateway = gateways[number % 4]
                    group.addTask {
                        let answer = try await gateway.hold(HoldRequest(UInt64(number + 1), "acme", "0.10"))
                        if answer.outcome == .granted {
                            try await gateway.settle(
                                SettleRequest("s\(number)", "acme", "0.10", ending: UInt64(number + 1)))
                        }
                        return answer.outcome == .granted
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(granted == 10)
            let left = try await balance(gateways[0], "acme")
            #expect(left.balance == .zero)
        }
    }

    @Test func aBudgetIsNotOvershotByParallelRequests() async throws {
        try await withWallet { rig in
            try await rig.asker(.weirctl).credit(CreditRequest("c1", "acme", "100"))
            let gateways = [await rig.asker(.gatewayd), await rig.asker(.gatewayd)]
            let key = KeyID(random: 1, 1)
            let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<60 {
                    let gateway = gateways[number % 2]
                    group.addTask {
                        let hold = HoldRequest(UInt64(number + 1), "acme", "0.50", key: key, cap: "5.00")
                        guard try await gateway.hold(hold).outcome == .granted else { return false }
                        // What was held is spent: settled while others ask.
                        try await gateway.settle(
                            SettleRequest("s\(number)", "acme", "0.50", ending: UInt64(number + 1), key: key))
                        return true
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(granted == 10)
            let last = try await gateways[0].hold(HoldRequest(99, "acme", "0.01", key: key, cap: "5.00"))
            #expect(last.outcome == .refused(.budgetExceeded))
            try rig.restart()
            let after = try await rig.asker(.gatewayd).hold(HoldRequest(99, "acme", "0.01", key: key, cap: "5.00"))
            #expect(after.outcome == .refused(.budgetExceeded), "spending is known after a restart")
        }
    }

    @Test func holdsEndWithTheirConnection() async throws {
        try await withWallet { rig in
            let operator_ = await rig.asker(.weirctl)
            try await operator_.credit(CreditRequest("c1", "acme", "1"))
            let gateway = await rig.asker(.gatewayd)
            #expect(try await gateway.hold(HoldRequest(1, "acme", "1")).outcome == .granted)
            #expect(try await balance(operator_, "acme").free == .zero)
            await gateway.stop()
            // The end of a connection is noticed by its event loop, a moment after the other side has closed it.
            while try await balance(operator_, "acme").held > .zero {}
            #expect(try await balance(operator_, "acme").free == .dollar)
        }
    }

    @Test func holdZeroIsNoHold() async throws {
        try await withWallet { rig in
            let gateway = await rig.asker(.gatewayd)
            await #expect(throws: CallFailure.refused(.malformed, "hold 0 means no hold")) {
                try await gateway.hold(HoldRequest(0, "acme", "1"))
            }
        }
    }

    @Test func assertedHoldsComeBeforeWhatWaitedForTheRestart() async throws {
        try await withWallet { rig in
            try await rig.asker(.weirctl).credit(CreditRequest("c1", "acme", "1"))
            let outcomes = try await holdAcrossRestart(rig)
            #expect(outcomes == [.granted, .granted, .refused(.insufficientFunds)])
        }
    }

    /// A gateway with a hold of 0.60 loses walletd, asks for another while it is away, and asserts the first when it is back.
    private func holdAcrossRestart(_ rig: WalletRig) async throws -> [HoldOutcome] {
        let (loop, socket) = (WalletRig.loop, rig.socket)
        let gateway = try await loop.submit {
            NIOLoopBound(
                WalletClient(
                    path: socket, eventLoop: loop, identity: PeerIdentity(role: .gatewayd, instance: 1, build: "test"),
                    settings: LinkSettings(seed: 1, patience: .seconds(10))), eventLoop: loop)
        }.get()
        let first = try await loop.flatSubmit {
            gateway.value.start()
            return gateway.value.hold(HoldRequest(1, "acme", "0.60"), on: loop)
        }.get()
        let asserted = loop.makePromise(of: HoldOutcome.self)
        try await loop.submit {
            gateway.value.link.onConnected = {
                gateway.value.assertHold(AssertHoldRequest(HoldRequest(1, "acme", "0.60"))) {
                    asserted.succeed((try? $0.get().outcome) ?? .refused(.holdExists))
                }
            }
        }.get()
        try rig.wallet.close()
        // Until the client has noticed, a call would go out on the dying connection and be lost with it.
        while try await loop.submit({ gateway.value.link.isConnected }).get() {}
        let waiting = loop.flatSubmit { gateway.value.hold(HoldRequest(2, "acme", "0.60"), on: loop) }
        try rig.reopen()
        let answers = [first, try await asserted.futureResult.get(), try await waiting.get()]
        try await loop.submit { gateway.value.stop() }.get()
        return answers
    }
}

extension WalletClient {
    fileprivate func hold(_ request: HoldRequest, on loop: any EventLoop) -> EventLoopFuture<HoldOutcome> {
        let promise = loop.makePromise(of: HoldOutcome.self)
        hold(request) { promise.completeWith($0.map(\.outcome).mapError { $0 as any Error }) }
        return promise.futureResult
    }
}
