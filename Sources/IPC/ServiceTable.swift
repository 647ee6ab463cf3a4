// ServiceTable: everything a daemon may be asked, one row a message.
//
// For: the daemons' Service.swift. A row says number, who may ask, deadline and handler, so that the whole boundary
// of a process is read at once.
// Refuses: rows that disagree with the protocol's own list (roles, deadline), two rows with one number: a daemon with
// such a table does not start.
// Called by: the daemons (build it), PeerConnection (looks rows up).

public import NIOCore

/// One message a daemon answers.
public struct ServiceRow {
    public let number: MessageNumber
    /// Who may ask.
    public let roles: PeerRoles
    /// How long an asker waits who names no deadline; `nil` for a stream without end.
    public let deadline: TimeAmount?
    let isStream: Bool
    let handle: (inout WireReader, OpenCall) throws(WireFault) -> Void

    @usableFromInline
    init(
        _ number: MessageNumber, _ roles: PeerRoles, _ deadline: TimeAmount?, isStream: Bool,
        _ handle: @escaping (inout WireReader, OpenCall) throws(WireFault) -> Void
    ) {
        self.number = number
        self.roles = roles
        self.deadline = deadline
        self.isStream = isStream
        self.handle = handle
    }

    /// A row for a message with one answer. The handler runs on the connection's event loop and answers at once or
    /// later, from the same loop.
    @inlinable
    public static func call<Request: CallRequest>(
        _ request: Request.Type, from roles: PeerRoles, within deadline: TimeAmount,
        _ handle: @escaping (Request, Answer<Request.Answer>) -> Void
    ) -> ServiceRow {
        ServiceRow(Request.number, roles, deadline, isStream: false) { reader, call throws(WireFault) in
            handle(try Request(from: &reader), Answer(call))
        }
    }

    /// A row for a message answered by a stream.
    @inlinable
    public static func stream<Request: StreamRequest>(
        _ request: Request.Type, from roles: PeerRoles, within deadline: TimeAmount?,
        _ handle: @escaping (Request, StreamAnswer<Request.Item, Request.End>) -> Void
    ) -> ServiceRow {
        ServiceRow(Request.number, roles, deadline, isStream: true) { reader, call throws(WireFault) in
            handle(try Request(from: &reader), StreamAnswer(call))
        }
    }
}

/// The rows of one daemon, found by number in constant time.
public struct ServiceTable {
    private let owner: UInt16
    /// The daemon's own messages, by their low byte.
    private let rows: [ServiceRow?]
    /// Messages that every peer answers, by their low byte.
    private let links: [ServiceRow?]

    /// The table of the daemon that owns the numbers `owner` << 8. Traps when a row is not the daemon's to answer,
    /// stands twice, or disagrees with `MessageNumber`: such a daemon must not start.
    public init(owner: MessageOwner, _ rows: [ServiceRow]) {
        self.owner = UInt16(owner.rawValue)
        let ping = ServiceRow.call(PingRequest.self, from: .all, within: .seconds(1)) { ping, answer in
            answer.send(PingAnswer(token: ping.token))
        }
        for row in rows {
            let number = row.number
            precondition(number.owner == owner || number.owner == nil, "\(number) is not answered by \(owner)")
            precondition(row.roles == number.askedBy, "\(number): roles differ from the document")
            precondition(row.deadline == number.defaultDeadline, "\(number): deadline differs from the document")
        }
        self.rows = Self.placed(rows.filter { $0.number.owner == owner })
        links = Self.placed([ping] + rows.filter { $0.number.owner == nil })
    }

    private static func placed(_ rows: [ServiceRow]) -> [ServiceRow?] {
        var table = [ServiceRow?](repeating: nil, count: 256)
        for row in rows {
            let index = Int(row.number.rawValue & 0xFF)
            precondition(table[index] == nil, "\(row.number) stands in the table twice")
            table[index] = row
        }
        return table
    }

    /// The row of a number as it came in a frame.
    @inline(__always)
    func row(_ number: UInt16) -> ServiceRow? {
        if number >> 8 == owner { return rows[Int(number & 0xFF)] }
        return number >> 8 == 0 ? links[Int(number & 0xFF)] : nil
    }

    /// The messages that this daemon should answer and has no row for, in order. A released daemon has none.
    public var unanswered: [MessageNumber] {
        MessageNumber.allCases.filter { number in
            let isOwn = number.owner.map { UInt16($0.rawValue) == owner } ?? true
            return isOwn && row(number.rawValue) == nil
        }
    }
}

/// The daemon that answers a message: the high byte of its number.
public enum MessageOwner: UInt8, CaseIterable, Sendable {
    case walletd = 1
    case gatewayd = 2
    case tokend = 3
}

extension MessageNumber {
    /// The daemon that answers this; `nil` when every peer does.
    public var owner: MessageOwner? { MessageOwner(rawValue: UInt8(rawValue >> 8)) }
}
