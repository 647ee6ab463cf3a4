// YAMLEvents: libyaml's event parser as a Swift sequence of values.
//
// For: being the only code that touches libyaml. It owns the parser, copies each event out and frees it.
// Refuses: everything but UTF-8, and whatever libyaml calls malformed; the first such fault ends the stream, as
// libyaml cannot go on after it.
// Called by: YAMLTree.

import CYAML

/// What stops the reading of a YAML file.
struct YAMLFault: Error {
    let place: ConfigPlace
    let reason: String
}

/// One event of a YAML stream, and where it begins.
struct YAMLEvent {
    enum Kind {
        case scalar(String, quoted: Bool)
        case listStart, listEnd
        case mappingStart, mappingEnd
        case documentStart, streamEnd
        case alias
    }

    let kind: Kind
    let place: ConfigPlace
    /// Whether the value carries `&anchor` or an explicit `!tag`.
    let isDecorated: Bool
}

/// Pulls events out of bytes.
final class YAMLEvents {
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let bytes: UnsafeMutableBufferPointer<UInt8>

    init(_ source: [UInt8]) {
        parser.initialize(to: yaml_parser_t())
        bytes = .allocate(capacity: source.count)
        _ = bytes.initialize(from: source)
        let initialized = yaml_parser_initialize(parser)
        precondition(initialized == 1, "libyaml fails to initialise only without memory")
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        bytes.deallocate()
    }

    /// The next event that means something to a reader of trees.
    func next() throws(YAMLFault) -> YAMLEvent {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw fault() }
            defer { yaml_event_delete(&event) }
            if let meaningful = Self.translate(event) { return meaningful }
        }
    }

    /// `nil` for events that carry nothing: the start of the stream and the end of a document.
    private static func translate(_ event: yaml_event_t) -> YAMLEvent? {
        func made(_ kind: YAMLEvent.Kind, _ decorated: Bool = false) -> YAMLEvent {
            YAMLEvent(kind: kind, place: ConfigPlace(event.start_mark), isDecorated: decorated)
        }
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE
            return made(.scalar(text, quoted: quoted), scalar.anchor != nil || scalar.tag != nil)
        case YAML_SEQUENCE_START_EVENT:
            return made(.listStart, event.data.sequence_start.anchor != nil || event.data.sequence_start.tag != nil)
        case YAML_MAPPING_START_EVENT:
            return made(.mappingStart, event.data.mapping_start.anchor != nil || event.data.mapping_start.tag != nil)
        case YAML_SEQUENCE_END_EVENT: return made(.listEnd)
        case YAML_MAPPING_END_EVENT: return made(.mappingEnd)
        case YAML_DOCUMENT_START_EVENT: return made(.documentStart)
        case YAML_STREAM_END_EVENT: return made(.streamEnd)
        case YAML_ALIAS_EVENT: return made(.alias)
        default: return nil
        }
    }

    private func fault() -> YAMLFault {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "unreadable"
        if parser.pointee.error == YAML_READER_ERROR {
            return YAMLFault(place: place(ofByte: parser.pointee.problem_offset), reason: "not valid YAML: \(problem)")
        }
        let context = parser.pointee.context.map { " (\(String(cString: $0)))" } ?? ""
        return YAMLFault(
            place: ConfigPlace(parser.pointee.problem_mark), reason: "not valid YAML: \(problem)\(context)")
    }

    /// libyaml gives faults in the byte stream by offset only.
    private func place(ofByte offset: Int) -> ConfigPlace {
        let before = bytes.prefix(offset)
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let characters = before[lineStart...].count { $0 & 0xC0 != 0x80 }
        return ConfigPlace(line: line, column: characters + 1)
    }
}

extension ConfigPlace {
    /// libyaml counts lines and columns from 0.
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }
}
