// What a service manager passes in the environment: listening sockets, and how often it wants to hear of the daemon.

import Testing

@testable import DaemonKit

@Suite struct InheritedSocketsTests {
    private static func read(
        _ environment: [String: String], process: Int32 = 42, anyProcess: Bool = false
    ) -> InheritedSockets {
        InheritedSockets({ environment[$0] }, process: process, anyProcess: anyProcess)
    }

    @Test func sockets_areFoundByName_inOrder() {
        let sockets = Self.read(["LISTEN_PID": "42", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "http:ipc:http"])
        #expect(sockets.descriptors("http") == [3, 5])
        #expect(sockets.descriptors("ipc") == [4])
        #expect(sockets.descriptors("https").isEmpty)
    }

    @Test func sockets_withoutNames_areThere_andHaveNone() {
        let sockets = Self.read(["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "http"])
        #expect(sockets.descriptors("http") == [3])
        #expect(sockets.descriptors("unknown") == [4])
    }

    @Test func socketsOfAnotherProcess_areLeftAlone_unlessTheyWereHandedOver() {
        let environment = ["LISTEN_PID": "41", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "ipc"]
        #expect(Self.read(environment).isEmpty)
        #expect(Self.read(["LISTEN_FDS": "1"]).isEmpty)
        #expect(Self.read(environment, anyProcess: true).descriptors("ipc") == [3])
    }

    @Test(arguments: ["", "0", "-1", "65", "x", "99999999999999999999"])
    func countsThatAreNone_areNoSockets(_ count: String) {
        #expect(Self.read(["LISTEN_PID": "42", "LISTEN_FDS": count]).isEmpty)
    }
}

@Suite struct ServiceHeartbeatTests {
    private static func interval(_ environment: [String: String]) -> Duration? {
        ServiceHeartbeat.interval { environment[$0] }
    }

    @Test func beats_comeTwiceAsOftenAsTheWatchdogWants_andAtLeastEveryFiveSeconds() {
        #expect(Self.interval([:]) == nil)
        #expect(Self.interval(["WATCHDOG_USEC": "3000000"]) == nil, "nobody listens")
        #expect(Self.interval(["NOTIFY_SOCKET": "@x"]) == .seconds(5))
        #expect(Self.interval(["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "3000000"]) == .milliseconds(1500))
        #expect(Self.interval(["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "60000000"]) == .seconds(5))
        #expect(Self.interval(["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "0"]) == .seconds(5))
    }
}
