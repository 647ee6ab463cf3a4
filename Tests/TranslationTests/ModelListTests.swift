// ModelList: both shapes, and Anthropic's pages.

import JSON
import Testing

@testable import Translation

@Suite struct ModelListTests {
    static let cards = (1...5).map {
        ModelCard(id: "m\($0)", displayName: "Model \($0)", owner: "weir", created: 1_752_000_000)
    }

    private func list(_ dialect: Dialect, _ page: ModelPage = ModelPage()) throws -> JSONValue {
        var out: [UInt8] = []
        ModelList.append(Self.cards, page: page, dialect: dialect, to: &out)
        return try out.withUnsafeBytes { bytes in try JSONValue(parsing: bytes) }
    }

    private func ids(_ list: JSONValue) -> [String] { (list["data"]?.elements ?? []).compactMap { $0["id"]?.string } }

    @Test func anthropicEntriesHaveTypeNameAndTime() {
        var out: [UInt8] = []
        ModelList.append(Self.cards[0], dialect: .anthropic, to: &out)
        #expect(
            String(decoding: out, as: UTF8.self)
                == #"{"type":"model","id":"m1","display_name":"Model 1","created_at":"2025-07-08T18:40:00Z"}"#)
    }

    @Test func openAIEntriesHaveObjectTimeAndOwner() {
        var out: [UInt8] = []
        ModelList.append(Self.cards[0], dialect: .openai, to: &out)
        #expect(
            String(decoding: out, as: UTF8.self)
                == #"{"id":"m1","object":"model","created":1752000000,"owned_by":"weir"}"#)
    }

    @Test func openAIListsAll() throws {
        let list = try list(.openai, ModelPage(limit: 1))
        #expect(list["object"]?.string == "list")
        #expect(ids(list) == ["m1", "m2", "m3", "m4", "m5"])
    }

    @Test(arguments: [
        (ModelPage(limit: 1000), ["m1", "m2", "m3", "m4", "m5"], false), (ModelPage(limit: 2), ["m1", "m2"], true),
        (ModelPage(limit: 2, afterID: "m2"), ["m3", "m4"], true),
        (ModelPage(limit: 2, afterID: "m3"), ["m4", "m5"], false),
        (ModelPage(limit: 2, beforeID: "m4"), ["m2", "m3"], true),
        (ModelPage(limit: 9, beforeID: "m3"), ["m1", "m2"], false),
        (ModelPage(limit: 0), ["m1"], true), (ModelPage(afterID: "m5"), [], false),
        (ModelPage(afterID: "m4", beforeID: "m2"), [], false),
    ])
    func anthropicPages(_ page: ModelPage, _ expected: [String], _ hasMore: Bool) throws {
        let list = try list(.anthropic, page)
        #expect(ids(list) == expected)
        #expect(list["has_more"]?.boolean == hasMore)
        #expect(list["first_id"]?.string == expected.first)
        #expect(list["last_id"]?.string == expected.last)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
        (1_709_251_199, "2024-02-29T23:59:59Z"), (4_102_444_800, "2100-01-01T00:00:00Z"),
        (-62_135_596_800, "0001-01-01T00:00:00Z"),
    ])
    func secondsBecomeDates(_ seconds: Int64, _ text: String) {
        #expect(CivilTime(seconds).description == text)
    }
}
