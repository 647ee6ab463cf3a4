// The sample inside the binary, and what `init` makes of it for a folder.

import DaemonKit
import Glibc
import Testing

@testable import weirctl

@Suite struct FolderConfigurationTests {
    private func text(_ change: (inout FolderConfiguration) -> Void = { _ in }) -> String {
        var configuration = FolderConfiguration()
        change(&configuration)
        return configuration.text(from: SampleConfiguration.text)
    }

    /// Lines that say something.
    private func active(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { !$0.hasPrefix("#") }.map(String.init)
    }

    private func read(_ text: String) throws -> SiblingSettings {
        try ConfigFile<SiblingSettings>(text: text, directory: "/home/me/weir", credentials: .referencesOnly)
            .configuration
    }

    @Test func sampleInTheBinaryIsTheSampleInTheTree() throws {
        let path = String(#filePath.prefix { $0 != "\0" }).replacing(
            "Tests/weirctlTests/FolderConfigurationTests.swift", with: "deploy/weir.yaml")
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        #expect(String(decoding: bytes[..<count], as: UTF8.self) == SampleConfiguration.text, "copy \(path) into it")
    }

    @Test func everythingIsBelowTheFolder() throws {
        let settings = try read(text())
        #expect(settings.gateway.socket == "/home/me/weir/run/gatewayd.sock")
        #expect(settings.wallet.socket == "/home/me/weir/run/walletd.sock")
        #expect(settings.gateway.stateDirectory == "/home/me/weir/state/gatewayd")
        #expect(settings.wallet.stateDirectory == "/home/me/weir/state/walletd")
        #expect(settings.listen?.description == FolderConfiguration.sampleListen)
        #expect(settings.demoPort == nil)
        #expect(!text().contains("/etc/weir") && !text().contains("/var/lib") && !text().contains("systemd"))
    }

    @Test func withoutAnyVendorNothingIsLeftToCallOne() {
        let lines = active(text())
        #expect(lines.suffix(3) == ["providers:", "models:", "aliases:"])
    }

    @Test func vendorWhoseKeyIsThereComesWithItsModelsAndTheirAliases() {
        let lines = active(text { $0.providers = ["anthropic"] })
        #expect(lines.contains("anthropic:") && lines.contains("claude-haiku-4-5:"))
        #expect(lines.contains("credential: {file: credentials/anthropic-key}"))
        #expect(lines.contains("haiku: claude-haiku-4-5"))
        #expect(!lines.contains("openai:") && !lines.contains("gpt-5:") && !lines.contains("local: gpt-oss-20b"))
    }

    @Test func uncommentingGivesTheSampleBack() {
        let all = active(text { $0.providers = ["anthropic", "openai", "local"] })
        // Comments that are the sample's own stay comments.
        let remarks = Set(
            SampleConfiguration.text.split(separator: "\n").map(String.init).filter { $0.hasPrefix("  # ") })
        let uncommented = text().split(separator: "\n").map(String.init).map { line in
            line.hasPrefix("  # ") && !remarks.contains(line) ? "  " + line.dropFirst(4) : line
        }
        #expect(active(uncommented.joined(separator: "\n")) == all)
    }

    @Test func demoHasOneModelOnBothSurfaces() throws {
        let demo = text {
            $0.demoPort = 4711
            $0.providers = ["demo-anthropic", "demo-openai"]
        }
        #expect(try read(demo).demoPort == 4711)
        let lines = active(demo)
        #expect(lines.contains("base_url: http://127.0.0.1:4711"))
        #expect(lines.contains("base_url: http://127.0.0.1:4711/v1"))
        #expect(
            lines.filter { $0.hasPrefix("- provider:") } == ["- provider: demo-anthropic", "- provider: demo-openai"])
        #expect(lines.suffix(2) == ["test: GET /models", "allow: [GET /models]"])
    }

    @Test func listenAddressIsTheOneAskedFor() throws {
        let settings = try read(text { $0.listen = "0.0.0.0:9090" })
        #expect(settings.listen?.description == "0.0.0.0:9090")
    }
}

@Suite struct FolderSetupTests {
    @Test func foldersAndFilesAreTheOwnersAloneAndNothingIsOverwritten() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/weir"
        let setup = FolderSetup(folder: path, configuration: FolderConfiguration())
        let told = try setup.make { $0 == "OPENAI_API_KEY" ? "sk-secret" : nil }
        #expect(told.first == "openai: the key in OPENAI_API_KEY was copied to credentials/openai-key")
        #expect(told.count == 2 && told[1].contains("without it nothing in the vault opens"))
        #expect(mode("\(path)/credentials/vault-key") == 0o600)
        let key = try #require(Folder.line(of: "\(path)/credentials/vault-key"))
        #expect(key.utf8.count == 43 && VaultKeyText.random() != key)
        for name in ["", "/run", "/state", "/credentials"] { #expect(mode(path + name) == 0o700, "\(name)") }
        #expect(mode("\(path)/weir.yaml") == 0o600 && mode("\(path)/credentials/openai-key") == 0o600)
        #expect(Folder.line(of: "\(path)/credentials/openai-key") == "sk-secret")
        let refusal = #expect(throws: Complaint.self) { try setup.make { _ in nil } }
        #expect(refusal?.status == .configuration)
        #expect(refusal?.what.hasSuffix("weir.yaml exists and is not overwritten") == true)
    }

    @Test func folderTooDeepForASocketIsRefusedBeforeAnythingIsMade() throws {
        let deep = "/tmp/" + String(repeating: "d", count: 86)
        let refusal = #expect(throws: Complaint.self) { try FolderSetup.checkDepth(deep) }
        #expect(refusal?.what.contains("the kernel takes 107") == true)
        #expect(throws: Never.self) { try FolderSetup.checkDepth(String(deep.dropLast(3))) }
    }

    private func mode(_ path: String) -> UInt32 {
        var facts = stat()
        return stat(path, &facts) == 0 ? facts.st_mode & 0o7777 : 0
    }
}
