// ProcessMemory: the memory of the whole process, in which secrets are on their way.
//
// For: keys and tokens while they are being sent and sealed: out of swap and out of core dumps.
//      Secrets at rest are in pages of their own besides (module Vault).
// Refuses: nothing; what the kernel refuses is said once, and the daemon runs.
// Called by: Main, before anything secret is read into memory that stays.

import Glibc

enum ProcessMemory {
    /// Whether the kernel keeps every page of the process, as it comes into use, out of swap.
    static func protect() -> Bool {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        var limit = rlimit()
        // Under a limit, mlockall makes later allocations fail; the vault's own pages are locked one by one instead.
        guard getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0, limit.rlim_cur == rlim_t.max
        else { return false }
        return mlockall(Int32(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) == 0
    }
}
