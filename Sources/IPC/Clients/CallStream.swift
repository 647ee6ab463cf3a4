// CallStream: a server stream for code that awaits.
//
// For: `for try await` over an audit's progress or watched requests. The peer may send as many items as the window
// allows, so what is kept here is bounded by the window; taking an item allows another.
// Refuses: a second iterator.
// Called by: AsyncWalletClient, AsyncGatewayClient.

import NIOCore

/// The items of one stream, in order. The stream begins with the first `next` and is cancelled when its iterator goes
/// away.
public struct CallStream<Request: StreamRequest>: AsyncSequence, Sendable {
    public typealias Element = Request.Item
    public typealias Failure = CallFailure

    let link: NIOLoopBound<ClientLink>
    let eventLoop: any EventLoop
    let request: Request
    let deadline: TimeAmount?

    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// Asks when the first item is awaited.
    public final class Iterator: AsyncIteratorProtocol {
        private let source: CallStream
        private let inbox: NIOLoopBoundBox<CallStreamInbox<Request>>
        /// What came after the last item; `nil` until then.
        public private(set) var end: Request.End?

        init(_ source: CallStream) {
            self.source = source
            inbox = .makeBoxSendingValue(CallStreamInbox(), eventLoop: source.eventLoop)
        }

        deinit { source.eventLoop.execute { [inbox] in inbox.value.ticket?.cancel() } }

        public func next() async throws(CallFailure) -> Request.Item? {
            let (source, inbox) = (source, inbox)
            let step: CallStreamStep<Request> = await withCheckedContinuation { continuation in
                source.eventLoop.execute {
                    if inbox.value.ticket == nil { inbox.value.begin(source) }
                    inbox.value.take(continuation)
                }
            }
            switch step {
            case .item(let item): return item
            case .failed(let failure): throw failure
            case .ended(let end):
                self.end = end
                return nil
            }
        }
    }
}

/// What awaiting the next item brought.
enum CallStreamStep<Request: StreamRequest>: Sendable {
    case item(Request.Item)
    case ended(Request.End)
    case failed(CallFailure)
}

/// Items that came and were not taken yet, or the one who waits for the next. Lives on the event loop.
final class CallStreamInbox<Request: StreamRequest> {
    private(set) var ticket: CallTicket?
    private var items: [Request.Item] = []
    private var last: CallStreamStep<Request>?
    private var waiter: CheckedContinuation<CallStreamStep<Request>, Never>?

    func begin(_ source: CallStream<Request>) {
        ticket = source.link.value.stream(
            source.request, deadline: source.deadline, grants: .byHand,
            item: { [self] item in
                items.append(item)
                serve()
            },
            { [self] result in
                switch result {
                case .success(let end): last = .ended(end)
                case .failure(let failure): last = .failed(failure)
                }
                serve()
            })
    }

    func take(_ continuation: CheckedContinuation<CallStreamStep<Request>, Never>) {
        precondition(waiter == nil, "a stream has one iterator, which awaits one item at a time")
        waiter = continuation
        serve()
    }

    private func serve() {
        guard let waiter else { return }
        if !items.isEmpty {
            self.waiter = nil
            ticket?.grant(1)
            waiter.resume(returning: .item(items.removeFirst()))
        } else if let last {
            self.waiter = nil
            waiter.resume(returning: last)
        }
    }
}
