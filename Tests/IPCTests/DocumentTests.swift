// The protocol document against the code: every table, every vector.

import IPC
import Money
import NIOCore
import Testing

@Suite struct DocumentTests {
    let document = ProtocolDocument.shared

    @Test func messageTableIsTheEnum() throws {
        let table = try #require(document.table("Messages"))
        let written = table.rows.map { Array($0[0...1]) + Array($0[3...4]) }
        let coded = MessageNumber.allCases.map { message -> [String] in
            let roles = PeerRole.allCases.filter { message.askedBy.contains($0) }.map(\.description)
            let asked = message.askedBy == .all ? "every role" : roles.joined(separator: ", ")
            let deadline = message.defaultDeadline.map { "\($0.nanoseconds / 1_000_000) ms" } ?? "none"
            let digits = String(message.rawValue, radix: 16, uppercase: true)
            let number = "0x" + String(repeating: "0", count: 4 - digits.count) + digits
            return [number, message.description, asked, deadline]
        }
        #expect(written == coded)
    }

    @Test func everyMessageHasASectionUnderItsNumber() {
        for message in MessageNumber.allCases {
            let digits = String(message.rawValue, radix: 16, uppercase: true)
            let number = "0x" + String(repeating: "0", count: 4 - digits.count) + digits
            #expect(document.text.contains("\n### \(number) \(message)\n"), "\(message)")
        }
    }

    @Test func kindsRolesAndVersionsAreTheCode() throws {
        let kinds = try #require(document.table("Kinds")).rows.map { "\($0[0]) \($0[1])" }
        #expect(kinds == FrameKind.allCases.map { "\($0.rawValue) \($0)" })
        let roles = try #require(document.table("Roles")).rows.map { "\($0[0]) \($0[1])" }
        #expect(roles == PeerRole.allCases.map { "\($0.rawValue) \($0)" })
        let versions = "Protocol version: **\(ProtocolVersions.ours.current)**. "
        #expect(document.text.contains(versions + "Oldest version understood: **\(ProtocolVersions.ours.oldest)**."))
    }

    @Test func failureCodesAndTheirEffectsAreTheCode() throws {
        let table = try #require(document.table(head: ["code", "name", "effect"]))
        let coded = FailureCode.allCases.map { code in
            ["\(code.rawValue)", "\(code)", code.effect == .nothingDone ? "nothing done" : "unknown"]
        }
        #expect(table.rows.map { Array($0.prefix(3)) } == coded)
    }

    @Test func outcomesAreTheCode() throws {
        let wallet = try #require(document.table(head: ["number", "wallet outcome"])).rows.dropFirst(2)
        #expect(wallet.map { $0.joined(separator: " ") } == WalletRefusal.allCases.map { "\($0.rawValue) \($0)" })
        let admin = try #require(document.table(head: ["number", "admin outcome"])).rows.dropFirst()
        #expect(admin.map { $0.joined(separator: " ") } == AdminRefusal.allCases.map { "\($0.rawValue) \($0)" })
        let token = try #require(document.table(head: ["number", "token outcome"])).rows.dropFirst()
        #expect(token.map { $0.joined(separator: " ") } == TokenRefusal.allCases.map { "\($0.rawValue) \($0)" })
    }

    @Test func limitsAreTheCode() throws {
        let written = try #require(document.table("Limits")).rows.map { $0[1] }
        let coded = [
            Int64(IPCLimits.headerBytes), Int64(IPCLimits.payloadBytes), Int64(IPCLimits.helloBytes),
            Int64(IPCLimits.streamItemBytes), Int64(IPCLimits.callsInFlight), Int64(IPCLimits.initialWindow),
            Int64(IPCLimits.largestWindow), IPCLimits.longestDeadline.nanoseconds / 1_000_000,
            IPCLimits.helloDeadline.nanoseconds / 1_000_000, Int64(IPCLimits.connections),
            Int64(IPCLimits.backlogBytes),
        ]
        #expect(written == coded.map(String.init))
    }
}

@Suite struct GoldenVectorTests {
    static let document = ProtocolDocument.shared
    static let layouts = document.vectors.filter { !$0.name.hasPrefix("frame ") }

    @Test func everyVectorHasASampleAndEverySampleAVector() {
        let samples = (walletSamples + gatewaySamples + tokenSamples).map(\.name)
        #expect(samples == Self.layouts.map(\.name))
    }

    @Test func everyMessageHasItsVectors() throws {
        for message in MessageNumber.allCases {
            for part in ["Request", "Answer", "Item", "End"] {
                let sections = Self.document.tables.filter {
                    $0.section.hasSuffix(" \(message)") && $0.label == part + ":"
                }
                let vector = "\(message) \(part.lowercased())"
                #expect(Self.layouts.contains { $0.name == vector } == !sections.isEmpty, "\(vector)")
            }
        }
    }

    @Test(arguments: walletSamples + gatewaySamples + tokenSamples)
    func codecWritesTheVectorAndReadsItBack(_ sample: Sample) throws {
        let vector = try #require(Self.layouts.first { $0.name == sample.name })
        #expect(sample.bytes == vector.bytes)
        #expect(try sample.reads(vector.bytes))
    }

    @Test(arguments: layouts.map(\.name))
    func documentAloneGivesTheVector(_ name: String) throws {
        let vector = try #require(Self.layouts.first { $0.name == name })
        let words = name.split(separator: " ")
        let part = words[1].prefix(1).uppercased() + words[1].dropFirst() + ":"
        let tables = Self.document.tables.filter { $0.section.hasSuffix(" " + words[0]) && $0.label == part }
        let table = try #require(tables.first)
        #expect(try DocumentCodec.encode(vector, table, Self.document) == vector.bytes)
    }
}
