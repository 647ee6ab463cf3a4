// ToolSchema: the JSON schema of a tool's arguments, made acceptable to the other vendor.
//
// For: schemas that are absent, empty or without a type, and `strict`, which OpenAI grants to fewer schemas (R-24). `$ref` and
//   everything else stays as it was spelled.
// Refuses: schemas that are no object, or that describe something else than an object.
// Called by: RequestForOpenAI, RequestForAnthropic.

import JSON

struct ToolSchema {
    private let schema: BodyValue?
    private let needsType: Bool
    private let needsProperties: Bool

    /// `path` names the schema in a refusal.
    init(_ schema: BodyValue?, _ path: String) throws(TranslationRefusal) {
        guard let schema, !schema.isNull, !schema.isEmpty || schema.kind != .object else {
            self.schema = nil
            needsType = true
            needsProperties = true
            return
        }
        let fields = try schema.fields(path)
        if let type = fields["type"] {
            guard let text = type.text, text == "object" else {
                throw .unsayable("\(path).type", "the arguments of a tool must be of type object.")
            }
        }
        self.schema = schema
        needsType = fields["type"] == nil
        needsProperties = fields["properties"] == nil && fields["$ref"] == nil
    }

    /// Writes the schema; what is missing stands first.
    func write(to writer: inout JSONWriter) {
        guard let schema else { return writer.raw(#"{"type":"object","properties":{}}"#) }
        guard needsType || needsProperties else { return writer.value(schema) }
        var bytes = [UInt8(ascii: "{")]
        if needsType { bytes.append(contentsOf: #""type":"object","#.utf8) }
        if needsProperties { bytes.append(contentsOf: #""properties":{},"#.utf8) }
        bytes.append(contentsOf: schema.bytes.dropFirst())
        bytes.withUnsafeBytes { writer.raw($0) }
    }

    /// OpenAI's limit for `strict` is 10 levels of objects, each of which is two of JSON.
    private static let deepestStrict = 24

    /// Whether OpenAI takes the schema as `strict`: each object in it names all its properties as required and admits no
    /// others. Anthropic's `strict` does not ask for that, and OpenAI answers 400 where it does not hold.
    static func isStrictForOpenAI(_ schema: BodyValue) -> Bool { isStrict(schema, depth: 0) }

    private static func isStrict(_ value: BodyValue, depth: Int) -> Bool {
        guard depth < deepestStrict else { return false }
        switch value.kind {
        case .array: return value.elements.allSatisfy { isStrict($0, depth: depth + 1) }
        case .object: break
        default: return true
        }
        guard let fields = try? value.fields("") else { return false }
        if fields.holds("type", "object"), !closesItsProperties(fields) { return false }
        return fields.members.allSatisfy { isStrict($0.value, depth: depth + 1) }
    }

    private static func closesItsProperties(_ fields: BodyFields) -> Bool {
        guard fields["additionalProperties"]?.boolean == false, let properties = fields["properties"],
            let names = try? properties.fields("")
        else { return false }
        let required = Set((fields["required"]?.elements).map { $0.compactMap { $0.text?.repairedString } } ?? [])
        return names.members.allSatisfy { required.contains($0.key.repairedString) }
    }
}
