// NameResolver: from a name to addresses, beside the event loops.
//
// For: the address guard, which needs the addresses themselves; NIO's own connecting looks a name up and dials in one
// step.
// Refuses: look-ups beyond a bound, at once: names come from tenants, and a name server that does not answer holds a
// thread for as long as resolv.conf says.
// Called by: GuardedDial, through AddressGuard.

internal import Glibc
internal import NIOPosix
internal import Synchronization

/// Where addresses of names come from: the system, or a test.
public protocol NameResolver: Sendable {
    /// Looks `name` up and calls `done` once, on any thread, with the addresses in the order in which they are to be
    /// tried. More than `most` addresses need not be told: one more shows that there are too many.
    func look(up name: String, most: Int, _ done: @escaping @Sendable (Result<[IPAddress], NameFault>) -> Void)
}

/// Why a name has no addresses.
public enum NameFault: Error, Hashable, Sendable {
    /// It does not exist, or has none, or the name server says it does not know.
    case noAddress
    /// Too many look-ups are under way.
    case busy
}

/// getaddrinfo(3) on a few threads of its own. Calls for one name share a look-up, so they must want as many answers.
public final class SystemResolver: NameResolver {
    /// Look-ups at once. A thread waits for a network and does nothing else, so more than there are processors.
    public static let threadsDefault = 8
    /// Calls that wait, those that share a look-up included.
    public static let waitingMost = 256

    private typealias Done = @Sendable (Result<[IPAddress], NameFault>) -> Void

    private enum Place {
        case first, shares, turnedAway
    }

    private struct State {
        private var waiting: [String: [Done]] = [:]
        private var count = 0

        mutating func join(_ name: String, _ done: @escaping Done) -> Place {
            guard count < SystemResolver.waitingMost else { return .turnedAway }
            count += 1
            waiting[name, default: []].append(done)
            return waiting[name]?.count == 1 ? .first : .shares
        }

        mutating func leave(_ name: String) -> [Done] {
            let done = waiting.removeValue(forKey: name) ?? []
            count -= done.count
            return done
        }
    }

    private let threads: NIOThreadPool
    private let state = Mutex(State())
    private let lookUp: @Sendable (String, Int) -> Result<[IPAddress], NameFault>

    /// The system's own way of looking names up, on `threads` threads.
    public convenience init(threads: Int = SystemResolver.threadsDefault) {
        self.init(threads: threads, lookUp: Self.systemAnswer)
    }

    init(threads: Int, lookUp: @escaping @Sendable (String, Int) -> Result<[IPAddress], NameFault>) {
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.lookUp = lookUp
    }

    deinit { threads.shutdownGracefully { _ in } }

    /// See ``NameResolver``. `done` is called on a thread of the resolver, or at once when it is busy.
    public func look(
        up name: String, most: Int, _ done: @escaping @Sendable (Result<[IPAddress], NameFault>) -> Void
    ) {
        let place = state.withLock { state in state.join(name, done) }
        switch place {
        case .turnedAway: done(.failure(.busy))
        case .shares: return
        case .first:
            // Most installations look nothing up: the threads come with the first name, and starting again does nothing.
            threads.start()
            threads.submit { [self] _ in
                let answer = lookUp(name, most)
                for done in state.withLock({ $0.leave(name) }) { done(answer) }
            }
        }
    }
}

// The system.
extension SystemResolver {
    /// The order is getaddrinfo's (RFC 6724).
    @Sendable private static func systemAnswer(_ name: String, _ most: Int) -> Result<[IPAddress], NameFault> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0, let first = list else { return .failure(.noAddress) }
        defer { freeaddrinfo(first) }
        var addresses: [IPAddress] = []
        var next = list
        while let info = next?.pointee, addresses.count <= most {
            if let address = info.ai_addr.flatMap({ IPAddress($0) }) { addresses.append(address) }
            next = info.ai_next
        }
        return addresses.isEmpty ? .failure(.noAddress) : .success(addresses)
    }
}
