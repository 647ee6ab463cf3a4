// FieldProjection: of a JSON value, only what was asked for.
//
// For: the agent API's `fields`: answers that fit into a model's context.
// Refuses: what is not JSON. Numbers, strings and the order of members stay as the provider wrote them.
// Called by: AgentAnswer.

public import JSON

/// Paths through JSON values. Arrays are passed through: `results.id` is the `id` of each element of `results`.
///
/// What a path does not find is left out. An object in which nothing was found is left out, too, unless it is an
/// element of an array, whose elements keep their places, or the whole value. Elements that are no objects have no
/// fields and are left out.
public struct FieldProjection: Sendable {
    private struct Node {
        var children: [(name: [UInt8], node: Int)] = []
        /// A path ends here: everything below is wanted.
        var isWhole = false
    }

    private var nodes = [Node()]

    /// A projection on `paths`; without any nothing is left.
    public init(_ paths: [DottedPath]) {
        for path in paths {
            var at = 0
            for name in path.names {
                let bytes = Array(name.utf8)
                if let child = nodes[at].children.first(where: { $0.name == bytes }) {
                    at = child.node
                } else {
                    nodes.append(Node())
                    nodes[at].children.append((bytes, nodes.count - 1))
                    at = nodes.count - 1
                }
            }
            nodes[at].isWhole = true
        }
    }

    /// What is left of `text`, without white space between what is left. A value that is no object and no array
    /// becomes null.
    public func applied(to text: UnsafeRawBufferPointer) throws(JSONFault) -> [UInt8] {
        var walk = Walk(nodes: nodes, text: text, scanner: JSONScanner(text))
        let kind = try walk.scanner.peek()
        _ = try walk.value(0)
        try walk.scanner.finish()
        return kind == .object || kind == .array ? walk.out : Array("null".utf8)
    }

    private struct Walk {
        let nodes: [Node]
        let text: UnsafeRawBufferPointer
        var scanner: JSONScanner
        var out: [UInt8] = []

        /// Writes what of the next value is wanted at `node`; whether anything was found. The scanner bounds the depth.
        mutating func value(_ node: Int) throws(JSONFault) -> Bool {
            if nodes[node].isWhole {
                let range = try scanner.skip()
                out.append(contentsOf: text[range])
                return true
            }
            switch try scanner.peek() {
            case .object: return try object(node)
            case .array:
                try array(node)
                return true
            default:
                try scanner.skip()
                return false
            }
        }

        private mutating func object(_ node: Int) throws(JSONFault) -> Bool {
            try scanner.enterObject()
            out.append(UInt8(ascii: "{"))
            var hasFound = false
            while let key = try scanner.nextMember() {
                guard let child = child(of: node, key) else {
                    try scanner.skip()
                    continue
                }
                let mark = out.count
                if hasFound { out.append(UInt8(ascii: ",")) }
                out.append(contentsOf: text[key.quotedRange])
                out.append(UInt8(ascii: ":"))
                if try value(child) { hasFound = true } else { out.removeSubrange(mark...) }
            }
            out.append(UInt8(ascii: "}"))
            return hasFound
        }

        private mutating func array(_ node: Int) throws(JSONFault) {
            try scanner.enterArray()
            out.append(UInt8(ascii: "["))
            var isFirst = true
            while try scanner.nextElement() {
                let kind = try scanner.peek()
                guard kind == .object || kind == .array else {
                    try scanner.skip()
                    continue
                }
                if !isFirst { out.append(UInt8(ascii: ",")) }
                isFirst = false
                _ = try value(node)
            }
            out.append(UInt8(ascii: "]"))
        }

        private func child(of node: Int, _ key: JSONText) -> Int? {
            guard key.isEscaped else {
                return nodes[node].children.first { key.spelling.elementsEqual($0.name) }?.node
            }
            var decoded: [UInt8] = []
            key.decode(into: &decoded)
            return nodes[node].children.first { $0.name == decoded }?.node
        }
    }
}
