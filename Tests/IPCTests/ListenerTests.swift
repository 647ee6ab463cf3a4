// The listener's address: paths in use, left behind, not sockets; descriptors handed over.

import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import IPC

@Suite(.timeLimit(.minutes(5))) struct ListenerTests {
    /// A socket bound to `path` that does not listen.
    private static func boundSocket(_ path: String) -> CInt {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        precondition(bound == 0, "a fresh path can be bound")
        return descriptor
    }

    @Test func pathThatAnotherListensOnIsLeftAlone() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        await #expect(throws: ListenFailure.inUse(path)) { try await TestDaemon.start(path) }
        #expect(Stranger(path)?.greet()?.kind == .hello)
        try await daemon.stop()
    }

    /// Whoever connects at the very moment of the end: NIO closes what it has accepted and not yet registered, and a
    /// listener that never heard of that would drain for ever.
    @Test func connectionThatIsJustBeingTakenDoesNotHoldUpTheEnd() async throws {
        let thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
        for round in 0..<30 {
            let path = TestLoops.freshPath()
            let daemon = try await TestDaemon.start(path)
            async let callers: Void = thread.runIfActive { while Stranger(path) != nil {} }
            for _ in 0..<(round % 10) { try await daemon.run { _ in } }
            try await daemon.run { daemon in
                daemon.listener.close()
                daemon.listener.drain().assumeIsolated().whenComplete { _ in daemon.journal.note("drained") }
            }
            await daemon.journal.wait(for: "drained")
            try await callers
        }
        try await thread.shutdownGracefully()
    }

    @Test func socketThatADeadProcessLeftIsReplaced() async throws {
        let path = TestLoops.freshPath()
        close(Self.boundSocket(path))
        #expect(access(path, F_OK) == 0)
        let daemon = try await TestDaemon.start(path)
        #expect(Stranger(path)?.greet()?.kind == .hello)
        try await daemon.stop()
    }

    @Test func fileThatIsNoSocketIsNotRemoved() async throws {
        let path = TestLoops.freshPath()
        let file = try #require(fopen(path, "w"))
        fclose(file)
        await #expect(throws: ListenFailure.notASocket(path)) { try await TestDaemon.start(path) }
        #expect(access(path, F_OK) == 0)
    }

    @Test func pathLongerThanASocketAddressIsRefused() async throws {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        await #expect(throws: ListenFailure.pathLength(path)) { try await TestDaemon.start(path) }
    }

    @Test func socketFileHasItsMode() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
        try await daemon.stop()
    }

    @Test func descriptorFromTheServiceManagerIsServed() async throws {
        let path = TestLoops.freshPath()
        let descriptor = Self.boundSocket(path)
        #expect(listen(descriptor, 16) == 0)
        let daemon = try await TestDaemon.start(.descriptor(descriptor))
        #expect(Stranger(path)?.greet()?.kind == .hello)
        try await daemon.stop()
    }
}
