// What a token endpoint's answer means when the wall clock is set while it is awaited (case O-09).

import Connections
import Refresh
import Tenancy
import Testing

@testable import tokend

@Suite struct TokenEndpointTests {
    private let right = Moment(wall: UnixMillis(1_700_000_000_000), uptime: UptimeMillis(60_400))

    /// When a token ends that lives an hour, whose answer came 400 ms after the request, when the clock was `ahead` by
    /// some hours.
    private func end(ahead hours: Int64) throws -> UnixMillis {
        let wall = UnixMillis(right.wall.value - 400 + hours * 3_600_000)
        let sent = Moment(wall: wall, uptime: UptimeMillis(right.uptime.value - 400))
        let provider = try #require(ProviderBook.test(port: 1).table.providers.first)
        let answer = CourierAnswer(
            status: 200, contentType: "application/json", retryAfter: nil,
            body: Array(#"{"access_token":"a","expires_in":3600}"#.utf8))
        let verdict = TokenEndpoint.read(
            .success(answer), from: provider, sent: sent, at: right, by: RefreshPolicy(), hiding: [])
        guard case .granted(let grant, _) = verdict else {
            Issue.record("\(verdict)")
            return UnixMillis(0)
        }
        return grant.expiry
    }

    @Test(arguments: [0, 8, -8, 24 * 365] as [Int64]) func anHourIsAnHourFromTheRequestOn_O09(ahead: Int64) throws {
        #expect(try end(ahead: ahead).value - right.wall.value == 3_600_000 - 400)
    }
}
