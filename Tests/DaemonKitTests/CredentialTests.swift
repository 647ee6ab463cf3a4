// Secrets: found where the reference says, refused when others can read them, never printed.

import DaemonKit
import Testing

@Suite struct CredentialTests {
    private let folder = TemporaryFolder()

    private func resolve(_ reference: CredentialReference, _ store: CredentialStore) -> (
        secret: [UInt8]?, reason: String?
    ) {
        do throws(ConfigReason) {
            return (try store.resolve(reference)?.withBytes { Array($0) }, nil)
        } catch {
            return (nil, error.text)
        }
    }

    @Test func file_withALineEnd_isTheLineWithoutIt() {
        let store = CredentialStore(systemdDirectory: nil)
        for (name, text) in [("a", "sk-123"), ("b", "sk-123\n"), ("c", "sk-123\r\n")] {
            #expect(resolve(.file(folder.write(name, Array(text.utf8))), store).secret == Array("sk-123".utf8))
        }
    }

    @Test(arguments: [
        ("", "is empty"), ("\n", "is empty"), ("two words", "one line of printable characters"),
        ("a\nb", "one line of printable"),
        ("a\u{0}b", "one line of printable"), ("ключ", "one line of printable"),
        (String(repeating: "a", count: 8193), "larger than 8192 bytes"),
    ])
    func file_thatHoldsNoKey_isRefused(text: String, reason: String) {
        let answer = resolve(.file(folder.write("key", Array(text.utf8))), CredentialStore(systemdDirectory: nil))
        #expect(answer.reason?.contains(reason) == true, "\(answer)")
        #expect(text.isEmpty || answer.reason?.contains(text) == false)
    }

    @Test(arguments: [UInt32(0o604), 0o602, 0o601, 0o644, 0o666])
    func file_openToOthers_isRefused(mode: UInt32) {
        let path = folder.write("key", Array("sk".utf8), mode: mode)
        #expect(
            resolve(.file(path), CredentialStore(systemdDirectory: nil)).reason?.hasSuffix("run: chmod o= \(path)")
                == true)
    }

    @Test func file_ofTheGroup_isRead() {
        let path = folder.write("key", Array("sk".utf8), mode: 0o640)
        #expect(resolve(.file(path), CredentialStore(systemdDirectory: nil)).secret == Array("sk".utf8))
    }

    @Test func file_thatIsNone_isRefused() {
        let store = CredentialStore(systemdDirectory: nil)
        #expect(resolve(.file("/nowhere/key"), store).reason == "cannot open /nowhere/key: No such file or directory")
        #expect(resolve(.file(folder.path), store).reason == "cannot read \(folder.path): not a regular file")
    }

    @Test func systemdCredential_isReadFromItsFolder() {
        _ = folder.write("vendor-key", Array("sk-9\n".utf8), mode: 0o400)
        #expect(
            resolve(.systemd("vendor-key"), CredentialStore(systemdDirectory: folder.path)).secret == Array("sk-9".utf8)
        )
        #expect(
            resolve(.systemd("other"), CredentialStore(systemdDirectory: folder.path)).reason?.hasPrefix("cannot open")
                == true)
        #expect(
            resolve(.systemd("vendor-key"), CredentialStore(systemdDirectory: nil)).reason?.contains(
                "CREDENTIALS_DIRECTORY") == true)
    }

    @Test func missingSecret_whenReading_isReportedAtItsSetting() {
        let text = Sample.least + "peers: {a: {url: x, key: {file: /nowhere/key}}}\n"
        #expect(
            Sample.problems(text, CredentialStore(systemdDirectory: nil))
                == ["f:3:26: peers.a.key: cannot open /nowhere/key: No such file or directory"])
        #expect(Sample.problems(text, .referencesOnly) == [])
    }

    @Test func check_withoutSystemd_passesOverItsCredentialsOnly() {
        let systemd = Sample.least + "peers: {a: {url: x, key: {systemd: k}}}\n"
        #expect(Sample.problems(systemd, .forCheck) == [])
        let file = Sample.least + "peers: {a: {url: x, key: {file: /nowhere/key}}}\n"
        #expect(Sample.problems(file, .forCheck).count == 1)
    }

    @Test func secret_printedInAnyWay_isNotShown() {
        let secret = Secret(Array("sk-very-secret".utf8))
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(describing: secret), String(reflecting: secret), dumped, "\([secret])"] {
            #expect(!text.contains("sk-") && !text.contains("115"), "\(text)")
        }
        #expect(secret.withBytes { Array($0) } == Array("sk-very-secret".utf8))
    }
}
