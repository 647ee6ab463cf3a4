// AsyncLink: ClientLink for code that awaits.
//
// For: AsyncWalletClient, AsyncGatewayClient.
// Refuses: nothing of its own.
// Called by: the async clients.

import NIOCore

/// A link on its event loop, used from any task.
struct AsyncLink: Sendable {
    private let link: NIOLoopBound<ClientLink>
    private let eventLoop: any EventLoop

    init(
        path: String, eventLoop: any EventLoop, identity: PeerIdentity, expecting expected: PeerRole,
        settings: LinkSettings, observer: @escaping @Sendable (LinkEvent) -> Void
    ) async {
        self.eventLoop = eventLoop
        link = await withCheckedContinuation { continuation in
            eventLoop.execute {
                let link = ClientLink(
                    path: path, eventLoop: eventLoop, identity: identity, expecting: expected, settings: settings,
                    observer: observer)
                link.start()
                continuation.resume(returning: NIOLoopBound(link, eventLoop: eventLoop))
            }
        }
    }

    func call<Request: CallRequest>(
        _ request: Request, _ deadline: TimeAmount?
    ) async throws(CallFailure) -> Request.Answer {
        let result: Result<Request.Answer, CallFailure> = await withCheckedContinuation { continuation in
            eventLoop.execute {
                link.value.call(request, deadline: deadline) { continuation.resume(returning: $0) }
            }
        }
        return try result.get()
    }

    func stream<Request: StreamRequest>(_ request: Request, _ deadline: TimeAmount?) -> CallStream<Request> {
        CallStream(link: link, eventLoop: eventLoop, request: request, deadline: deadline)
    }

    func stop() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            eventLoop.execute {
                link.value.stop()
                continuation.resume()
            }
        }
    }
}
