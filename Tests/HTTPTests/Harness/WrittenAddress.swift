// WrittenAddress: an address from a test's own text.
//
// For: tests that are not about reading addresses.
// Refuses: what is no address (traps: the test is wrong).
// Called by: the tests of Guard/.

@testable import HTTP

/// The address that a test wrote.
func address(_ text: String) -> IPAddress {
    guard let address = IPAddress(text) else { preconditionFailure("\(text) is an address") }
    return address
}
