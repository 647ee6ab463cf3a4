// TargetSettings: entries of an operator's list of places that may be called beside the internet.
//
// For: the daemons whose address guards have such a list, so that one text means the same to all of them.
// Refuses: what is neither a network nor a place.
// Called by: Configuration.swift of tokend and gatewayd.

public import DaemonKit
public import HTTP

/// Entries of `allowed_targets`.
public enum TargetSettings {
    /// A network such as `10.1.0.0/16`, or a place such as `sso.lan:8443`.
    public static let target = ScalarKind(
        "network or place", example: AllowedTarget.example,
        parse: { scalar throws(ConfigReason) in
            do throws(AllowedTargetProblem) {
                return try AllowedTarget(scalar.text)
            } catch {
                throw ConfigReason("\(error)")
            }
        }, render: { $0.description })
}

extension AllowedTarget {
    /// What stands in for an entry that cannot be read, whose file is refused.
    fileprivate static var example: AllowedTarget {
        guard let target = try? AllowedTarget("10.0.0.0/8") else { preconditionFailure("10.0.0.0/8 is a network") }
        return target
    }
}
