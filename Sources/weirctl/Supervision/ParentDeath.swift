// ParentDeath: a child that ends with its parent, whatever ends the parent.
//
// For: `weirctl up` killed with SIGKILL must leave no daemon behind. posix_spawn(3) cannot ask for a death signal, so
// the child is first our own binary, which asks for it and then becomes the daemon: PR_SET_PDEATHSIG survives
// execve(2).
// Refuses: to go on when the parent is gone already, or when the kernel refuses the death signal.
// Called by: the hidden command `become`.

import Glibc

enum ParentDeath {
    /// Asks for SIGKILL at the parent's death, and makes sure that the parent `expected` is still there.
    ///
    /// SIGKILL, not SIGTERM: it is the one that cannot be ignored or take minutes to drain, and every daemon's state is
    /// safe from it at any instant. Returns why it failed, or `nil`.
    static func arm(expecting parent: pid_t) -> String? {
        guard let symbol = dlsym(nil, "prctl") else { return "the C library has no prctl" }
        // prctl(2) is variadic in C, which Swift does not import; all its arguments are words.
        typealias Control = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
        let control = unsafeBitCast(symbol, to: Control.self)
        guard control(setDeathSignal, UInt(SIGKILL), 0, 0, 0) == 0 else { return String(cString: strerror(errno)) }
        return getppid() == parent ? nil : "weirctl ended meanwhile"
    }

    /// PR_SET_PDEATHSIG of linux/prctl.h.
    private static let setDeathSignal: Int32 = 1
}
