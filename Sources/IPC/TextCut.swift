// TextCut: texts made to fit their fields.
//
// For: what a vendor, a disk or a person has said, on its way into a message whose fields are bounded.
// Refuses: nothing.
// Called by: the daemons, where they fill answers.

extension String {
    /// The longest prefix of whole Unicode scalars that fits `limit` bytes of UTF-8.
    public func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while UTF8.isContinuation(utf8[end]) { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
