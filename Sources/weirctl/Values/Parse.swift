// Parse: words of the command line as values, or a sentence that says what would be right.
//
// For: the `transform:` of options and arguments.
// Refuses: whatever the value's own grammar refuses.
// Called by: the commands' declarations.

import ArgumentParser
import DaemonKit
import IPC
import Money
import Tenancy

enum Parse {
    static func tenant(_ text: String) throws(ValidationError) -> TenantID {
        try accept(TenantID(text), "a tenant is 1 to 63 of a-z 0-9 - _, beginning with a letter or digit", text)
    }

    static func key(_ text: String) throws(ValidationError) -> KeyID {
        try accept(KeyID(text), "a key is named by its id, such as key_0123456789abcdef (weirctl key list)", text)
    }

    /// An amount that is moved: more than nothing.
    static func amount(_ text: String) throws(ValidationError) -> Micros {
        let amount = Micros(dollars: text).flatMap { $0 > .zero ? $0 : nil }
        return try accept(
            amount, "an amount is decimal dollars above 0 with at most six decimals, such as 25 or 0.10", text)
    }

    /// A lifetime cap: an amount from 0, or `none`.
    static func cap(_ text: String) throws(ValidationError) -> Change<Micros?> {
        if text == "none" { return .set(nil) }
        let cap = Micros(dollars: text).flatMap { $0.isNegative ? nil : $0 }
        return .set(try accept(cap, "a cap is decimal dollars such as 25 or 0.10, or none", text))
    }

    /// A first instant in the future, or `never`.
    static func expiry(_ text: String) throws(ValidationError) -> Change<UnixMillis?> {
        if text == "never" { return .set(nil) }
        let now = SystemClock.now
        let instant = InstantText.parse(text, now: now, spans: .future).flatMap { $0 > now ? $0 : nil }
        return .set(
            try accept(instant, "an expiry lies ahead: a span such as 30d, a date such as 2027-01-31, or never", text))
    }

    static func pastInstant(_ text: String) throws(ValidationError) -> UnixMillis {
        try accept(
            InstantText.parse(text, now: SystemClock.now, spans: .past),
            "a moment is a span back such as 24h, a date such as 2026-11-21, 2026-11-21T07:33Z, or now", text)
    }

    static func scopes(_ text: String) throws(ValidationError) -> Scope {
        try accept(
            Scope(list: text), "scopes are some of \(Scope.names.map(\.name).joined(separator: ",")), joined by commas",
            text)
    }

    static func policy(_ text: String) throws(ValidationError) -> SpendPolicy {
        try accept(SpendPolicy(name: text), "a policy is reserve or positive", text)
    }

    static func reference(_ text: String) throws(ValidationError) -> Reference {
        try accept(
            ReferenceText.parse(text), "a reference is 1 to 64 printable characters without spaces", text)
    }

    /// `host:port`.
    static func listen(_ text: String) throws(ValidationError) -> String {
        let address = NetworkAddress(text).map(\.description)
        return try accept(address, "an address is host:port, such as 127.0.0.1:8080 or [::1]:8080", text)
    }

    /// A text field, bounded as the protocol bounds it.
    static func note(_ text: String) throws(ValidationError) -> String { try bounded(text, FieldLimits.note) }
    static func displayName(_ text: String) throws(ValidationError) -> String {
        try bounded(text, FieldLimits.displayName)
    }
    static func keyName(_ text: String) throws(ValidationError) -> String { try bounded(text, FieldLimits.shortName) }

    private static func bounded(_ text: String, _ most: Int) throws(ValidationError) -> String {
        try accept(text.utf8.count <= most ? text : nil, "at most \(most) bytes", text)
    }

    static func accept<Value>(_ value: Value?, _ rule: String, _ text: String) throws(ValidationError) -> Value {
        guard let value else { throw ValidationError("\(rule); this is \"\(Cell.printable(text))\"") }
        return value
    }
}
