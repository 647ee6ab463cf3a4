// LongFunctions: functions above the limit of LengthTests that read better whole.
//
// For: the few long, flat ones. An entry is `path name` with its lines; the lines may only shrink.

enum LongFunctions {
    static let listed: [String: Int] = [:]
}
