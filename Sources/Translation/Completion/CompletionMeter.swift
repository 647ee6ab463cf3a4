// CompletionMeter: reads a whole answer that did not stream.
//
// For: usage and model of a JSON answer, and the question whether a 200 is an answer at all (S-15).
// Refuses: empty bodies, markup, text that is not JSON, JSON of another shape, error objects. All of them before anything was
//   sent, so that another attempt may run.
// Called by: gatewayd, StreamFromCompletion.

import JSON

/// What a successful status came with.
public enum CompletionReading: Hashable, Sendable {
    /// An answer.
    case completion(Completion)
    /// An error object of the vendor.
    case refused(VendorError)
    /// Nothing a client of this dialect could read: 502.
    case unusable(UnusableAnswer)
}

/// Why a body is no answer.
public enum UnusableAnswer: UInt8, CaseIterable, Hashable, Sendable {
    /// No bytes, or white space only.
    case empty
    /// HTML or XML.
    case markup
    /// Something else that is not JSON.
    case notJSON
    /// JSON, but not of the dialect's shape.
    case otherShape

    /// The error to answer with.
    public var error: ErrorBody {
        let what =
            switch self {
            case .empty: "an empty answer"
            case .markup: "a page instead of an answer"
            case .notJSON: "an answer that is not valid JSON"
            case .otherShape: "an answer of another shape than expected"
            }
        return ErrorBody(.upstreamFailed, "The upstream sent \(what).")
    }
}

/// A whole answer in numbers and ranges.
public struct Completion: Hashable, Sendable {
    /// Usage and content.
    public let usage: UsageReading
    /// Where the model's JSON string stands, with its quotes.
    let model: Range<Int>?

    /// Appends the answer, which must be the body this was read from, with `clientModel` in place of the model it names (C-06);
    /// `nil` leaves every byte as it is.
    public func append(_ body: UnsafeRawBufferPointer, clientModel: String?, to out: inout [UInt8]) {
        guard let clientModel, let model else {
            out.append(contentsOf: body)
            return
        }
        out.append(contentsOf: body[..<model.lowerBound])
        JSONWriter.appendString(clientModel, to: &out)
        out.append(contentsOf: body[model.upperBound...])
    }
}

/// Reads whole answers.
public enum CompletionMeter {
    /// What `body`, the body of a 200, is.
    public static func read(_ body: UnsafeRawBufferPointer, dialect: Dialect) -> CompletionReading {
        read(body, CompletionFacts(dialect), dialect)
    }

    /// What `body`, the body of a 200 of `POST /v1/embeddings`, is. Embeddings have no output that could be missing.
    public static func readEmbeddings(_ body: UnsafeRawBufferPointer) -> CompletionReading {
        let reading = read(body, CompletionFacts(.openai, isEmbeddings: true), .openai)
        guard case .completion(let completion) = reading else { return reading }
        return .completion(Completion(usage: completion.usage.withoutOutput, model: completion.model))
    }

    private static func read(
        _ body: UnsafeRawBufferPointer, _ empty: CompletionFacts, _ dialect: Dialect
    ) -> CompletionReading {
        guard let first = body.first(where: { !Self.isSpace($0) }) else { return .unusable(.empty) }
        var facts = empty
        do { try facts.read(body) } catch {
            if first == UInt8(ascii: "<") { return .unusable(.markup) }
            return .unusable(isJSON(body) ? .otherShape : .notJSON)
        }
        if facts.hasError || !facts.hasAnswer {
            if let error = VendorError.read(body, status: 200, dialect: dialect) { return .refused(error) }
            guard facts.hasAnswer else { return .unusable(.otherShape) }
        }
        return .completion(Completion(usage: facts.meter.reading, model: facts.model))
    }

    private static func isJSON(_ body: UnsafeRawBufferPointer) -> Bool {
        var scanner = JSONScanner(body)
        return (try? scanner.skip()) != nil && (try? scanner.finish()) != nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
