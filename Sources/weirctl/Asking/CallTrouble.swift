// CallTrouble: failed calls and refusals in words an operator can act on.
//
// For: every daemon answer that is not the one hoped for. The numbers are IPC's and Money's; the sentences are here,
// once.
// Refuses: nothing.
// Called by: Desk (calls without an answer), the commands (answers that refuse).

import Glibc
import IPC
import Money

enum CallTrouble {
    /// A call that has no answer.
    static func complaint(_ failure: CallFailure, daemon: PeerRole, socket: String) -> Complaint {
        switch failure {
        case .notConnected:
            return Complaint(
                "\(daemon) cannot be reached at \(socket): \(reason(socket))",
                next: "weirctl status shows who runs; weirctl up or systemctl start \(daemon) starts it; "
                    + "--dir or --config names another installation",
                status: .unreachable)
        case .refused(let code, let text): return refused(code, text, daemon)
        case .connectionLost, .deadlineExceeded, .stopped, .cancelled:
            return Complaint(
                "\(daemon) did not answer: \(failure)",
                next: "look at its log; whether it did what was asked is not known", status: .unreachable)
        case .tooManyInFlight, .fieldTooLong, .malformedAnswer:
            return Complaint(
                "\(daemon) and weirctl do not understand each other: \(failure)",
                next: "use the weirctl of the daemons' release (weirctl status shows theirs)")
        }
    }

    private static func refused(_ code: FailureCode, _ text: String, _ daemon: PeerRole) -> Complaint {
        let why = text.isEmpty ? "" : ": \(text)"
        switch code {
        case .notPermitted:
            return Complaint(
                "\(daemon) does not let user \(geteuid()) ask this\(why)",
                next: "run weirctl as a user listed under peers.weirctl in weir.yaml")
        case .malformed where !text.isEmpty:
            return Complaint("\(daemon) refused the question\(why)", next: "compare the values with --help")
        case .unsupportedVersion, .unknownMessage, .malformed, .protocolFault:
            return Complaint(
                "\(daemon) does not understand this weirctl (\(code))\(why)",
                next: "use the weirctl of the daemons' release (weirctl status shows theirs)")
        case .unavailable, .draining, .overloaded, .deadlineExceeded, .cancelled:
            return Complaint(
                "\(daemon) cannot do it now (\(code))\(why)",
                next: "repeat it; weirctl status and its log say what is wrong",
                status: .unreachable)
        case .tooLarge, .internalFault:
            return Complaint("\(daemon) failed (\(code))\(why)", next: "look at its log")
        }
    }

    /// Why nobody answers at `socket`, as far as a look from outside can tell.
    private static func reason(_ socket: String) -> String {
        guard access(socket, F_OK) != 0 else {
            return access(socket, W_OK) == 0 ? "nobody answers there" : "no permission"
        }
        return errno == EACCES ? "no permission" : "there is no socket"
    }
}

extension AdminRefusal {
    /// The refusal of a change to `subject`.
    func complaint(_ subject: String) -> Complaint {
        switch self {
        case .tenantUnknown: Complaint("there is no tenant \(subject)", next: "weirctl tenant list shows them")
        case .tenantExists: Complaint("the tenant \(subject) exists", next: "weirctl tenant set changes it")
        case .keyUnknown: Complaint("there is no key \(subject)", next: "weirctl key list shows them")
        case .keyRevoked:
            Complaint("the key \(subject) is revoked, for ever", next: "weirctl key create makes another one")
        case .fieldInvalid:
            Complaint("gatewayd refused a value for \(subject)", next: "compare the values with --help")
        case .limitReached:
            Complaint(
                "there are as many as there may be; \(subject) is one too many", next: "revoke keys that are not used")
        }
    }
}

extension WalletRefusal {
    /// The refusal of a movement, with what to do about it.
    func complaint(_ reference: Reference) -> Complaint {
        Complaint("walletd refused \(reference): \(sentence)", next: advice)
    }

    private var sentence: String {
        switch self {
        case .amountOutOfRange: "the amount is out of range"
        case .existsWithDifferentContent: "this reference was used for another movement"
        case .tenantUnknown: "the tenant has no wallet"
        case .originalUnknown: "there is no movement of the original's reference"
        case .originalNotRefundable: "the original is itself a refund"
        case .refundExceedsOriginal: "all refunds together would exceed the original"
        case .balanceOutOfRange: "the balance would leave the range of amounts"
        case .holdExists, .tooManyHolds: "holds are in the way"
        case .budgetExceeded: "the key's lifetime cap does not leave this much"
        case .insufficientFunds: "the free balance does not leave this much"
        }
    }

    private var advice: String {
        switch self {
        case .amountOutOfRange, .balanceOutOfRange: "check the amount"
        case .existsWithDifferentContent:
            "weirctl wallet history shows what it was; leave --reference out for a new one"
        case .tenantUnknown: "a first weirctl wallet credit makes one"
        case .originalUnknown, .originalNotRefundable, .refundExceedsOriginal:
            "weirctl wallet history shows the movements and their references"
        case .holdExists, .tooManyHolds: "repeat it"
        case .budgetExceeded: "weirctl key set KEY --cap raises it"
        case .insufficientFunds: "weirctl wallet balance shows it; running requests hold a part"
        }
    }
}
