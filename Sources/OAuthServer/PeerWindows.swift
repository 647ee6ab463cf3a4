// PeerWindows: so many requests of one peer within a time.
//
// For: what anybody may ask without a key and what costs something: registrations, forms, tokens.
// Refuses: a peer's next request once its number is reached, until its window has ended.
// A flood of addresses costs no memory and keeps nobody out: the peers that came first are forgotten.
// Called by: gatewayd.

public import Tenancy

/// Counts by peer, in windows that begin with a peer's first request.
public struct PeerWindows: Sendable {
    private let most: Int
    private let millis: Int64
    private var windows: [String: (startedAt: UnixMillis, count: Int)] = [:]

    /// The most peers that are known at a time.
    public static let mostPeers = 10_000
    /// Registrations of one peer within an hour.
    public static let registrations = PeerWindows(most: 5, millis: 3_600_000)
    /// Everything else of one peer within a minute: a flow takes four requests.
    public static let others = PeerWindows(most: 60, millis: 60_000)

    /// People's browsers on their way to a vendor and back, from one address within a minute: three requests each.
    public static let browsers = PeerWindows(most: 300, millis: 60_000)

    /// At most `most` requests within `millis` milliseconds.
    public init(most: Int, millis: Int64) { (self.most, self.millis) = (most, millis) }

    /// Counts a request of `peer`: `nil`, or after how many seconds it may ask again.
    public mutating func refusal(of peer: String, now: UnixMillis) -> Int? {
        if let window = windows[peer], now.value - window.startedAt.value < millis {
            guard window.count < most else {
                return Int((millis - (now.value - window.startedAt.value) + 999) / 1000)
            }
            windows[peer] = (window.startedAt, window.count + 1)
            return nil
        }
        if windows.count >= Self.mostPeers, windows[peer] == nil { makeRoom() }
        windows[peer] = (now, 1)
        return nil
    }

    /// Forgets the tenth that came first, ended or not: one pass for a thousand peers.
    private mutating func makeRoom() {
        let first = windows.sorted { $0.value.startedAt < $1.value.startedAt }.prefix(Self.mostPeers / 10)
        for peer in first { windows[peer.key] = nil }
    }
}
