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
        /// A row, and the text of its `{id}` segment if it has one.
        case route(Route, parameter: Range<Int>?)
        /// The path exists with these other methods.
        case otherMethods([String])
        case unknown
    }

    private struct Row: Sendable {
        let route: Route
        let method: RequestMethod
        let before: [UInt8]
        /// `nil` when the path has no parameter: then `before` is the whole path.
        let after: [UInt8]?
    }

    private let rows: [Row]

    init(_ routes: [Route] = Routes.all) {
        let metered = routes.filter { $0.admission == .metered }
        let others = routes.filter { $0.admission != .metered }
        rows = (metered + others).map { route in
            let path = Array(route.path.utf8)
            guard let parameter = Self.parameterRange(in: path) else {
                return Row(route: route, method: route.method, before: path, after: nil)
            }
            return Row(
                route: route, method: route.method, before: Array(path[..<parameter.lowerBound]),
                after: Array(path[parameter.upperBound...]))
        }
    }

    /// The row for `method` and `path` (no query).
    func match(_ method: RequestMethod, _ path: UnsafeRawBufferPointer) -> Match {
        for row in rows where row.method == method {
            if let found = matches(row, path) { return .route(row.route, parameter: found) }
        }
        let others = rows.filter { matches($0, path) != nil }.map(\.route.methodText)
        return others.isEmpty ? .unknown : .otherMethods(others)
    }

    /// `nil`: no match. `.some(nil)`: matches without parameter.
    private func matches(_ row: Row, _ path: UnsafeRawBufferPointer) -> Range<Int>?? {
        guard let after = row.after else { return row.before.elementsEqual(path) ? .some(nil) : nil }
        let least = row.before.count + after.count
        guard path.count > least, path.starts(with: row.before) else { return nil }
        let parameter = row.before.count..<(path.count - after.count)
        guard path[parameter.upperBound...].elementsEqual(after) else { return nil }
        return path[parameter].contains(UInt8(ascii: "/")) ? nil : .some(parameter)
    }

    private static func parameterRange(in path: [UInt8]) -> Range<Int>? {
        guard let open = path.firstIndex(of: UInt8(ascii: "{")), let close = path.firstIndex(of: UInt8(ascii: "}"))
        else {
            return nil
        }
        return open..<(close + 1)
    }
}
