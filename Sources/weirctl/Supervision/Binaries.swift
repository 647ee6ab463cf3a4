// Binaries: where the daemons are.
//
// For: starting and checking exactly the build that weirctl belongs to: what is beside it, never what PATH happens to
// find.
// Refuses: a binary that is not there.
// Called by: UpCommand, CheckCommand.

import Glibc

enum Binaries {
    /// The path of weirctl itself.
    static var weirctl: String {
        guard let path = realpath("/proc/self/exe", nil) else { return "weirctl" }
        defer { free(path) }
        return String(cString: path)
    }

    /// The path of `name` beside weirctl.
    static func path(_ name: String) throws(Complaint) -> String {
        let path = folder(of: weirctl) + "/" + name
        guard access(path, X_OK) == 0 else {
            throw Complaint(
                "there is no \(name) at \(path)", next: "build it (make build), or install it beside weirctl")
        }
        return path
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
