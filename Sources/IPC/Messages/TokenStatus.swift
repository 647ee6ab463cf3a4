// Token messages 0x0309 to 0x030C and 0x030E: the vault and the daemon.
//
// For: tokend's table, `TokenClient`. Layout: docs/PROTOCOL.md.
// Refuses: whatever WireReader refuses; what a value means is judged by tokend.
// Called by: weirctl, gatewayd and cronjobd (ask); tokend (answers).

public import Tenancy

/// `token.rotate`: seals everything anew that an older key has sealed. It may be ended at any moment and asked for
/// again: what is done stays done.
public struct TokenRotateRequest: StreamRequest, Hashable {
    public static var number: MessageNumber { .tokenRotate }
    public typealias Item = RotationProgress
    public typealias End = RotationEnd

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// An item of `token.rotate`.
public struct RotationProgress: WireValue, Hashable {
    /// Envelopes sealed anew so far.
    public var done: UInt64
    /// Those still under an older key.
    public var left: UInt64

    public init(done: UInt64, left: UInt64) {
        self.done = done
        self.left = left
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(done)
        writer.u64(left)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        done = try reader.u64()
        left = try reader.u64()
    }
}

/// The end of `token.rotate`.
public struct RotationEnd: WireValue, Hashable {
    /// Envelopes sealed anew.
    public var done: UInt64
    /// Those that no key opens; they stay as they are.
    public var failed: UInt64
    /// The id of the active key.
    public var key: String

    public init(done: UInt64, failed: UInt64, key: String) {
        self.done = done
        self.failed = failed
        self.key = key
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(done)
        writer.u64(failed)
        writer.text(key, atMost: FieldLimits.hashText)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        done = try reader.u64()
        failed = try reader.u64()
        key = try reader.text(atMost: FieldLimits.hashText)
    }
}

/// `token.status`: how tokend is.
public struct TokenStatusRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .tokenStatus }
    public typealias Answer = TokenStatusAnswer

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// The answer to `token.status`.
public struct TokenStatusAnswer: WireValue, Hashable {
    /// Of this process.
    public var startedAt: UnixMillis
    /// Whether it is about to stop.
    public var isDraining: Bool
    /// Accounts that can be used.
    public var active: UInt64
    /// Accounts that must be connected again.
    public var dead: UInt64
    /// Refreshes that wait for their time.
    public var alarms: UInt64
    /// Of these, due and not begun.
    public var overdue: UInt64
    /// Token endpoints being asked.
    public var inFlight: UInt32
    /// Refreshes since the start.
    public var refreshed: UInt64
    /// Refreshes that failed since the start.
    public var failed: UInt64
    /// Gatewayds that are told of changes.
    public var watchers: UInt32
    /// The id of the active vault key.
    public var key: String
    /// Envelopes under an older key.
    public var oldSealed: UInt64
    /// Whether secrets are kept out of swap.
    public var isLocked: Bool
    /// As in the hello.
    public var instance: UInt64
    /// As in the hello.
    public var build: String

    public init(
        startedAt: UnixMillis, isDraining: Bool, active: UInt64, dead: UInt64, alarms: UInt64, overdue: UInt64,
        inFlight: UInt32, refreshed: UInt64, failed: UInt64, watchers: UInt32, key: String, oldSealed: UInt64,
        isLocked: Bool, instance: UInt64, build: String
    ) {
        self.startedAt = startedAt
        self.isDraining = isDraining
        self.active = active
        self.dead = dead
        self.alarms = alarms
        self.overdue = overdue
        self.inFlight = inFlight
        self.refreshed = refreshed
        self.failed = failed
        self.watchers = watchers
        self.key = key
        self.oldSealed = oldSealed
        self.isLocked = isLocked
        self.instance = instance
        self.build = build
    }

    public func encode(to writer: inout WireWriter) {
        writer.time(startedAt)
        writer.flag(isDraining)
        writer.u64(active)
        writer.u64(dead)
        writer.u64(alarms)
        writer.u64(overdue)
        writer.u32(inFlight)
        writer.u64(refreshed)
        writer.u64(failed)
        writer.u32(watchers)
        writer.text(key, atMost: FieldLimits.hashText)
        writer.u64(oldSealed)
        writer.flag(isLocked)
        writer.u64(instance)
        writer.text(build, atMost: FieldLimits.shortName)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        startedAt = try reader.time()
        isDraining = try reader.flag()
        active = try reader.u64()
        dead = try reader.u64()
        alarms = try reader.u64()
        overdue = try reader.u64()
        inFlight = try reader.u32()
        refreshed = try reader.u64()
        failed = try reader.u64()
        watchers = try reader.u32()
        key = try reader.text(atMost: FieldLimits.hashText)
        oldSealed = try reader.u64()
        isLocked = try reader.flag()
        instance = try reader.u64()
        build = try reader.text(atMost: FieldLimits.shortName)
    }
}

/// `token.events`: what was done to accounts, newest first, a page at a time. Of secrets only hashes.
public struct TokenEventsRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .tokenEvents }
    public typealias Answer = TokenEventsAnswer
    /// Only this tenant's; none = all.
    public var tenant: TenantID?
    /// The page token: events older than this; 0 = from the newest.
    public var before: UInt64
    /// Rows wanted, 1 to 500.
    public var limit: UInt16
    /// Only what was done so; empty = all.
    public var action: String
    /// Only of accounts of this name, `PROVIDER/ACCOUNT`; empty = all.
    public var subject: String
    /// The first instant that counts; none = all.
    public var since: UnixMillis?

    public init(
        tenant: TenantID?, before: UInt64, limit: UInt16, action: String = "", subject: String = "",
        since: UnixMillis? = nil
    ) {
        self.tenant = tenant
        self.before = before
        self.limit = limit
        self.action = action
        self.subject = subject
        self.since = since
    }

    public func encode(to writer: inout WireWriter) {
        writer.optionalTenant(tenant)
        writer.u64(before)
        writer.u16(limit)
        writer.text(action, atMost: FieldLimits.display)
        writer.text(subject, atMost: FieldLimits.accountToken)
        writer.optionalTime(since)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        tenant = try reader.optionalTenant()
        before = try reader.u64()
        limit = try reader.u16()
        action = try reader.text(atMost: FieldLimits.display)
        subject = try reader.text(atMost: FieldLimits.accountToken)
        since = try reader.optionalTime()
    }
}

/// The answer to `token.events`.
public struct TokenEventsAnswer: WireValue, Hashable {
    /// The token of the following page, also after a page with fewer rows than wanted; 0 = this was the last.
    public var next: UInt64
    /// Newest first.
    public var events: [TokenEvent]

    public init(next: UInt64, events: [TokenEvent]) {
        self.next = next
        self.events = events
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(next)
        writer.list(events, atMost: FieldLimits.pageRows)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        next = try reader.u64()
        events = try reader.list(of: TokenEvent.self, atMost: FieldLimits.pageRows)
    }
}

/// `token.backup`: tokend's database as of one moment; everything else as in `wallet.backup`. What is secret in it is
/// sealed: without the vault key it opens for nobody.
public struct TokenBackupRequest: StreamRequest, Hashable {
    public static var number: MessageNumber { .tokenBackup }
    public typealias Item = FileChunk
    public typealias End = BackupEnd

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// `token.reload`: reads the configuration again; a bad one is refused and the old one stays.
public struct TokenReloadRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .tokenReload }
    public typealias Answer = TokenReloadAnswer

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// The answer to `token.reload`.
public struct TokenReloadAnswer: WireValue, Hashable {
    public var accepted: Bool
    /// What is wrong, a problem a line; empty when accepted.
    public var text: String

    public init(accepted: Bool, text: String) {
        self.accepted = accepted
        self.text = text
    }

    public func encode(to writer: inout WireWriter) {
        writer.flag(accepted)
        writer.text(text, atMost: FieldLimits.page)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        accepted = try reader.flag()
        text = try reader.text(atMost: FieldLimits.page)
    }
}

/// Something that was done to an account.
public struct TokenEvent: WireValue, Hashable {
    /// Its place in the order of all.
    public var number: UInt64
    /// When.
    public var at: UnixMillis
    /// Which account; none = not of one.
    public var account: AccountKey?
    /// What: connected, replaced, removed, refreshed, died, tested, rotated.
    public var action: String
    /// Who.
    public var source: String
    /// The start of the SHA-256 of what was there; empty = nothing.
    public var before: String
    /// Of what is there now; empty = nothing.
    public var after: String
    /// More, for people.
    public var text: String

    public init(
        number: UInt64, at: UnixMillis, account: AccountKey?, action: String, source: String, before: String,
        after: String, text: String
    ) {
        self.number = number
        self.at = at
        self.account = account
        self.action = action
        self.source = source
        self.before = before
        self.after = after
        self.text = text
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(number)
        writer.time(at)
        writer.optionalAccount(account)
        writer.text(action, atMost: FieldLimits.display)
        writer.text(source, atMost: FieldLimits.displayName)
        writer.text(before, atMost: FieldLimits.hashText)
        writer.text(after, atMost: FieldLimits.hashText)
        writer.text(text, atMost: FieldLimits.line)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        number = try reader.u64()
        at = try reader.time()
        account = try reader.optionalAccount()
        action = try reader.text(atMost: FieldLimits.display)
        source = try reader.text(atMost: FieldLimits.displayName)
        before = try reader.text(atMost: FieldLimits.hashText)
        after = try reader.text(atMost: FieldLimits.hashText)
        text = try reader.text(atMost: FieldLimits.line)
    }
}
