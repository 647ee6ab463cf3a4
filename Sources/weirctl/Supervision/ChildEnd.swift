// ChildEnd and ChildSignal: how a child is told to stop, and how it did.
//
// For: the vocabulary between Supervisor (a value) and SupervisorLoop (system calls).
// Refuses: nothing.
// Called by: Supervisor, SupervisorLoop, ChildProcess.

import Glibc

/// What a child is sent.
enum ChildSignal: Equatable {
    /// SIGTERM: finish what is running, then end.
    case terminate
    /// SIGKILL.
    case kill

    var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .kill: SIGKILL
        }
    }
}

/// How a child ended.
enum ChildEnd: Equatable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)
    /// It never ran.
    case notStarted(reason: String)

    /// From what waitpid(2) stored.
    init(waitStatus status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
    }

    var description: String {
        switch self {
        case .exited(let status): status == 0 ? "ended" : "ended with status \(status)"
        case .killed(let signal): "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
        case .notStarted(let reason): "could not be started: \(reason)"
        }
    }
}
