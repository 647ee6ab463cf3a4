// Wiping: zeros over secrets, which no optimizer takes away for being never read.
//
// For: memory that a secret leaves.
// Refuses: nothing.
// Called by: everything here that has held a secret.

import Glibc

extension UnsafeMutableRawBufferPointer {
    /// Overwrites every byte with zero (explicit_bzero(3)).
    func wipe() {
        guard let baseAddress else { return }
        explicit_bzero(baseAddress, count)
    }
}
