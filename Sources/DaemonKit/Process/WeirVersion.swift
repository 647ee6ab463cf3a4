// WeirVersion: the one place the release is named.
//
// Called by: DaemonMain (--version), the daemons' IPC hello, weirctl.

/// The version of this source tree.
public enum WeirVersion {
    /// Semantic version of the release, or of the one being prepared.
    public static let text = "0.1.0"
}
