// ChildProcess: one running child.
//
// For: starting a daemon so that it cannot outlive us: its own process group (the terminal's Ctrl-C reaches only us, we
// stop children in order), an empty signal mask, no descriptor but its three, and a death signal (see ParentDeath).
// Refuses: to wait: the end is posted to the inbox by a thread of its own.
// Called by: SupervisorLoop.

import Glibc

/// A started process and the reading end of its output.
struct ChildProcess {
    /// What to run.
    struct Program {
        let path: String
        let arguments: [String]
        /// What goes before the program: our own binary, which arms the death signal and then becomes the program.
        /// Empty in tests that run without it.
        let launcher: [String]
        /// `NAME=value` pairs in place of our environment; `nil` hands ours on.
        var environment: [String]?
    }

    let pid: pid_t
    /// Standard output and standard error together, non-blocking; −1 when the child closed both.
    var output: Int32

    /// Starts `program`; its end is posted as the end of child `index`.
    static func start(_ program: Program, as index: Int, endsIn inbox: Inbox) throws(Complaint) -> ChildProcess {
        let pipe = try Pipe.open()
        defer { close(pipe.write) }
        let command = program.launcher + [program.path] + program.arguments
        guard case .success(let pid) = spawn(command, program.environment, output: pipe.write) else {
            let reason = String(cString: strerror(errno))
            close(pipe.read)
            throw Complaint("cannot run \(command[0]): \(reason)", next: "build it, or put it beside weirctl")
        }
        _ = fcntl(pipe.read, F_SETFL, O_NONBLOCK)
        DetachedThread.run {
            // Left unreaped, so that the process id stays ours until the supervising thread has stopped using it.
            var facts = siginfo_t()
            while waitid(P_PID, id_t(pid), &facts, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
            inbox.post(.childEnded(index))
        }
        return ChildProcess(pid: pid, output: pipe.read)
    }

    /// Sends `signal`: the request to stop to the child alone, which ends what it started; the kill to its whole group.
    /// Not after `reap`.
    func send(_ signal: ChildSignal) { kill(signal == .kill ? -pid : pid, signal.number) }

    /// How the child ended. Once, after the inbox told that it did.
    func reap() -> ChildEnd {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return ChildEnd(waitStatus: status)
    }

    private struct SpawnFailure: Error {}

    private static func spawn(
        _ command: [String], _ environment: [String]?, output: Int32
    ) -> Result<pid_t, SpawnFailure> {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO)
        // NIO's sockets are not closed on exec: our connections to other daemons would outlive us in this one.
        _ = closeFrom(&files, STDERR_FILENO + 1)
        var attributes = ownGroupAndCleanSignals()
        defer { posix_spawnattr_destroy(&attributes) }
        var pid: pid_t = 0
        let failure = withCStrings(command) { arguments in
            guard let environment else { return posix_spawn(&pid, command[0], &files, &attributes, arguments, environ) }
            return withCStrings(environment) { posix_spawn(&pid, command[0], &files, &attributes, arguments, $0) }
        }
        errno = failure
        return failure == 0 ? .success(pid) : .failure(SpawnFailure())
    }

    /// A process group of its own, every signal at its default and none blocked.
    private static func ownGroupAndCleanSignals() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        return attributes
    }

    /// `texts` as the zero-terminated array of C strings that exec wants.
    static func withCStrings<Value>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
    ) -> Value {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        pointers.append(nil)
        defer { pointers.forEach { free($0) } }
        return body(pointers)
    }
}

/// glibc's, since 2.34; Swift's Glibc module leaves it out.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
private func closeFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32) -> Int32
