// VaultKeyText: a new encryption key as a line of text.
//
// For: `weirctl init` and `up`, which make one for a folder of their own.
// Refuses: nothing.
// Called by: FolderSetup.

import Hashing

enum VaultKeyText {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// 43 characters of 64 kinds each: 258 random bits, more than the 256 that a key has.
    static func random() -> String {
        String(decoding: SecureRandom.bytes(43).map { digits[Int($0 & 63)] }, as: UTF8.self)
    }
}
