// BodyMembers: a JSON object from a program or an operator, read member by member.
//
// For: the routes about connected accounts.
// Refuses: members that are given twice, of another type, too long, or that nobody has asked for: a misspelt one would be
//          missing without a word.
// Called by: ConnectBody.

import IPC
import JSON
import NIOCore
import Tenancy
import Translation

/// The members of a body; each is taken once.
struct BodyMembers {
    private var members: [String: JSONValue]

    init(_ bytes: ByteBuffer) throws(Refusal) {
        let value = bytes.withUnsafeReadableBytes { text in try? JSONValue(parsing: text) }
        guard case .object(let all)? = value else {
            throw Refusal(.invalidRequest, "body_malformed", "The body must be a JSON object.")
        }
        members = [:]
        for member in all {
            guard members.updateValue(member.value, forKey: member.key) == nil else {
                throw Self.invalid(member.key, "there twice")
            }
        }
    }

    /// A text of at most `most` bytes on one line; `nil` when it is not there.
    mutating func text(_ name: String, most: Int) throws(Refusal) -> String? {
        guard let value = members.removeValue(forKey: name), value != .null else { return nil }
        guard let text = value.string, text.utf8.count <= most, text.isOneLine else {
            throw Self.invalid(name, "not one line of at most \(most) bytes")
        }
        return text
    }

    /// A text that must be there and not be empty.
    mutating func required(_ name: String, most: Int) throws(Refusal) -> String {
        guard let text = try text(name, most: most), !text.isEmpty else { throw Self.invalid(name, "missing") }
        return text
    }

    /// A secret, which no refusal repeats; an empty one when it is not there.
    mutating func secret(_ name: String, most: Int) throws(Refusal) -> SecretField {
        SecretField(try text(name, most: most) ?? "")
    }

    mutating func flag(_ name: String) throws(Refusal) -> Bool? {
        guard let value = members.removeValue(forKey: name), value != .null else { return nil }
        guard let flag = value.boolean else { throw Self.invalid(name, "neither true nor false") }
        return flag
    }

    /// A moment as whole seconds since 1970.
    mutating func seconds(_ name: String) throws(Refusal) -> UnixMillis? {
        guard let value = members.removeValue(forKey: name), value != .null else { return nil }
        guard let seconds = value.integer, (0...Self.lastSecond).contains(seconds) else {
            throw Self.invalid(name, "no moment in whole seconds since 1970")
        }
        return UnixMillis(seconds * 1000)
    }

    /// The year 9999: what is above are milliseconds that somebody took for seconds.
    private static let lastSecond: Int64 = 253_402_300_799

    /// What is left, all of it texts or flags, by name.
    mutating func rest() throws(Refusal) -> [(name: String, value: String)] {
        defer { members = [:] }
        var texts: [(name: String, value: String)] = []
        for (name, value) in members.sorted(by: { $0.key < $1.key }) where value != .null {
            guard let text = value.string ?? value.boolean.map({ $0 ? "true" : "false" }) else {
                throw Self.invalid(name, "unknown, or no text")
            }
            texts.append((name, text))
        }
        return texts
    }

    static func invalid(_ field: String, _ problem: String) -> Refusal {
        let field = field.isOneLine ? field.cut(toBytes: FieldLimits.shortName) : "?"
        return Refusal(.invalidRequest, "field_invalid", "The member \"\(field)\" is \(problem).", field: field)
    }
}
