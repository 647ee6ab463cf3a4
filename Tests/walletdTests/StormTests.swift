// kill -9 of the real walletd under load.

import Support
import Testing
import WalletStorm

@Suite struct StormTests {
    @Test func killedTwentyTimesUnderLoadEveryAcknowledgedMovementIsThereOnce() async throws {
        let folder = ScratchFolder("storm")
        let storm = WalletStorm(walletd: BuiltBinary.path("walletd"), folder: folder.path, rounds: 20)
        let report = try await storm.run(.forTest())
        #expect(report.acknowledged > 1_000 && report.resolved > 20, "the storm was a breeze: \(report)")
    }
}
