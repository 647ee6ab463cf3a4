// DaemonProcess: a real daemon, started, killed and waited for by its own process id.
//
// For: tests that look at what a crash leaves behind.
// Refuses: binaries that are not there.
// Called by: WalletStorm.

public import Glibc

/// A child process. Killed when it is forgotten.
public final class DaemonProcess {
    /// Its process id.
    public let id: pid_t
    private var hasEnded = false

    /// Starts `path` with `arguments`; what it logs goes to the file at `log`.
    public init(_ path: String, _ arguments: [String], log: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
        // NIO's sockets are not closed on exec: a connection of another test would stay open for as long as this child lives.
        _ = closeFrom(&actions, STDERR_FILENO + 1)
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var started = pid_t()
        let code = posix_spawn(&started, path, &actions, nil, &words, environ)
        guard code == 0 else { throw StormFailure("\(path) cannot be started: \(String(cString: strerror(code)))") }
        id = started
    }

    deinit { kill() }

    /// The end that nothing can be done about: SIGKILL, in the middle of whatever it does.
    public func kill() {
        guard !hasEnded else { return }
        Glibc.kill(id, SIGKILL)
        _ = wait()
    }

    /// Asks it to stop and returns its exit status.
    public func stop() -> Int32 {
        Glibc.kill(id, SIGTERM)
        return wait()
    }

    private func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        hasEnded = true
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : -signal
    }
}

/// What went wrong, in a sentence.
public struct StormFailure: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// glibc's, since 2.34; Swift's Glibc module leaves it out.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
private func closeFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32) -> Int32
