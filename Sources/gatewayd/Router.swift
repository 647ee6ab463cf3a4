// Router: from the bytes of a method and path to a row of Routes.
//
// For: dispatch without building a string per request.
// Refuses: nothing itself; says unknown, or which methods the path has.
// Called by: Gateway.

import HTTP

/// The route table, arranged for look-up by bytes. A path is found by comparing it with every row's segments; the two hot
/// rows are compared first.
struct Router: Sendable {
    /// What a method and path lead to.
    enum Match {
        /// A row, and where in the path its `{…}` segments are.
        case route(Route, parameters: [Range<Int>])
        /// The path exists with these other methods.
        case otherMethods([String])
        case unknown
    }

    private struct Row: Sendable {
        let route: Route
        let method: RequestMethod
        /// What stands around the parameters: one piece more than there are parameters, without any the whole path.
        let pieces: [[UInt8]]
    }

    private let rows: [Row]

    init(_ routes: [Route] = Routes.all) {
        let metered = routes.filter { $0.admission == .metered }
        let others = routes.filter { $0.admission != .metered }
        rows = (metered + others).map { route in
            Row(route: route, method: route.method, pieces: Self.pieces(of: route.path))
        }
    }

    /// The row for `method` and `path` (no query).
    func match(_ method: RequestMethod, _ path: UnsafeRawBufferPointer) -> Match {
        for row in rows where row.method == method {
            if let found = parameters(row, path) { return .route(row.route, parameters: found) }
        }
        let others = rows.filter { parameters($0, path) != nil }.map(\.route.methodText)
        return others.isEmpty ? .unknown : .otherMethods(others)
    }

    /// `nil` when the path is not the row's. A parameter is one segment that is not empty.
    private func parameters(_ row: Row, _ path: UnsafeRawBufferPointer) -> [Range<Int>]? {
        guard row.pieces.count > 1 else { return row.pieces[0].elementsEqual(path) ? [] : nil }
        guard path.starts(with: row.pieces[0]) else { return nil }
        var parameters: [Range<Int>] = []
        var position = row.pieces[0].count
        for piece in row.pieces.dropFirst() {
            let end = path[position...].firstIndex(of: UInt8(ascii: "/")) ?? path.count
            guard end > position, path[end...].starts(with: piece) else { return nil }
            parameters.append(position..<end)
            position = end + piece.count
        }
        return position == path.count ? parameters : nil
    }

    private static func pieces(of path: String) -> [[UInt8]] {
        path.split(separator: "{", omittingEmptySubsequences: false).map { part in
            // All but the first piece follow the name of a parameter.
            Array((part.firstIndex(of: "}").map { part[part.index(after: $0)...] } ?? part).utf8)
        }
    }
}
