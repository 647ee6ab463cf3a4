// FolderLock: one `weirctl up` a folder.
//
// For: a clear word instead of two sets of daemons that fight for sockets.
// Refuses: a folder whose lock is held. The kernel drops it with the process, however that ends.
// Called by: UpCommand.

import Glibc

struct FolderLock {
    private let file: Int32

    init(_ folder: String) throws(Complaint) {
        try Folder.make("\(folder)/run")
        let path = "\(folder)/run/up.lock"
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw Complaint("cannot open \(path): \(String(cString: strerror(errno)))", next: "check its permissions")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw Complaint("weirctl up runs already in \(folder)", next: "stop it, or name another folder with --dir")
        }
    }

    func release() { close(file) }
}
