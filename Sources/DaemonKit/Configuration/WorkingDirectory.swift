// WorkingDirectory: what relative names on the command line are relative to.
//
// Called by: ConfigFile.

import Glibc

enum WorkingDirectory {
    /// The absolute path of the folder that holds `path`.
    static func absolute(folderOf path: String) -> String {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard !folder.hasPrefix("/") else { return folder }
        guard let current = getcwd(nil, 0) else { return "/" }
        defer { free(current) }
        return folder == "." ? String(cString: current) : String(cString: current).appendingPath(folder)
    }
}
