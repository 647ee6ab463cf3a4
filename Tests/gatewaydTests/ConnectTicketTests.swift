// Tickets, sessions, return addresses and the administrator's key: the rules of connecting an account in a browser.

import Connections
import DaemonKit
import Hashing
import Support
import Tenancy
import Testing

@testable import gatewayd

@Suite struct TicketTableTests {
    private let start = UnixMillis(1_000_000)

    private func ticket(
        _ tenant: String = "acme", _ account: String = "a", at: UnixMillis = UnixMillis(1_000_000)
    ) -> ConnectTicket {
        ConnectTicket(
            account: AccountKey("\(tenant)/github/\(account)")!, label: "", scopes: "", returnTo: "", source: "key",
            facts: [], expiresAt: UnixMillis(at.value + TicketTable.lifetime))
    }

    private func digest(_ number: Int) -> [UInt8] { SHA256Digest(of: Array("\(number)".utf8)).bytes }
    private let github = ProviderID("github")!

    @Test func ticket_isGoodForTenMinutesAndForItsProvider() {
        var table = TicketTable()
        table.add(ticket(), digest: digest(1), now: start)
        let last = UnixMillis(start.value + 599_999)
        #expect(table.ticket(digest(1), of: github, now: last) == ticket())
        #expect(table.ticket(digest(1), of: github, now: last) == ticket(), "as often as it is asked for")
        #expect(table.ticket(digest(1), of: github, now: UnixMillis(start.value + 600_000)) == nil)
        #expect(table.ticket(digest(1), of: ProviderID("google")!, now: start) == nil)
        #expect(table.ticket(digest(2), of: github, now: start) == nil)
    }

    @Test func ticketsOfAnAccount_endWhenItIsConnected() {
        var table = TicketTable()
        table.add(ticket("acme", "a"), digest: digest(1), now: start)
        table.add(ticket("acme", "a"), digest: digest(2), now: start)
        table.add(ticket("acme", "b"), digest: digest(3), now: start)
        table.connected(ticket("acme", "a").account)
        #expect((1...3).map { table.ticket(digest($0), of: github, now: start) != nil } == [false, false, true])
    }

    @Test func tenantWithTooManyTickets_losesItsOldestAndNobodyElses() {
        var table = TicketTable()
        table.add(ticket("other"), digest: digest(0), now: start)
        for number in 1...(TicketTable.mostOfTenant + 3) { table.add(ticket(), digest: digest(number), now: start) }
        let all = 0...(TicketTable.mostOfTenant + 3)
        let kept = all.filter { table.ticket(digest($0), of: github, now: start) != nil }
        #expect(kept == [0] + Array(4...(TicketTable.mostOfTenant + 3)))
    }

    @Test func table_holdsAsManyAsItMay_andForgetsWhatIsTooOld() {
        var table = TicketTable()
        for number in 0...TicketTable.most {
            table.add(ticket("t\(number / 32)"), digest: digest(number), now: start)
        }
        #expect(table.count == TicketTable.most)
        #expect(table.ticket(digest(0), of: github, now: start) == nil)
        let later = UnixMillis(start.value + TicketTable.lifetime)
        table.add(ticket(at: later), digest: digest(-1), now: later)
        #expect(table.count == 1)
    }

    /// A second model: a list that is searched from its beginning.
    @Test func table_doesWhatAListWouldDo() {
        var random = SeededRandom.forTest()
        var (table, list) = (TicketTable(), [(digest: [UInt8], ticket: ConnectTicket)]())
        var now = start
        for number in 0..<3000 {
            now = UnixMillis(now.value + Int64.random(in: 0...20_000, using: &random))
            let (tenant, account) = (Int.random(in: 0...2, using: &random), Int.random(in: 0...9, using: &random))
            let made = ticket("t\(tenant)", "a\(account)", at: now)
            if Int.random(in: 0...9, using: &random) == 0 {
                table.connected(made.account)
                list.removeAll { $0.ticket.account == made.account }
            } else {
                table.add(made, digest: digest(number), now: now)
                list.append((digest(number), made))
                let own = list.filter { $0.ticket.account.tenant == made.account.tenant && now < $0.ticket.expiresAt }
                let surplus = own.dropLast(TicketTable.mostOfTenant).map(\.digest)
                list.removeAll { surplus.contains($0.digest) }
            }
            let asked = digest(Int.random(in: 0...number, using: &random))
            let found = list.first { $0.digest == asked && now < $0.ticket.expiresAt }?.ticket
            #expect(table.ticket(asked, of: github, now: now) == found, "seed \(random.seed), step \(number)")
        }
    }
}

@Suite struct ConnectSessionTests {
    @Test func secrets_haveTheirFormAndAreNeverTwice() {
        let secrets = (0..<1000).map { _ in URLSecret.make() }
        #expect(Set(secrets).count == 1000 && secrets.allSatisfy(URLSecret.isOne))
        #expect(Set(secrets.joined()).count == 64, "every character of the alphabet")
        let counts = [0, 1, 42, 44]
        for text in counts.map({ String(repeating: "a", count: $0) }) + [secrets[0].dropLast() + "="] {
            #expect(!URLSecret.isOne(text), "\(text)")
        }
    }

    @Test func session_isFoundAmongOtherCookies() {
        let secret = URLSecret.make()
        for field in [
            "weir-connect=\(secret)", "a=b; weir-connect=\(secret); c=d", "a; =;weir-connect=\(secret)",
            "weir-connect=short; weir-connect=\(secret)",
        ] {
            #expect(ConnectSession.secret(inCookies: [field], isSecure: false) == secret, "\(field)")
        }
        #expect(ConnectSession.secret(inCookies: ["x=y", "weir-connect=\(secret)"], isSecure: false) == secret)
        for field in [
            "", "weir-connect=", "weir-connect2=\(secret)", "x-weir-connect=\(secret)", "weir-connect=\(secret)x",
        ] {
            #expect(ConnectSession.secret(inCookies: [field], isSecure: false) == nil, "\(field)")
        }
        #expect(ConnectSession.secret(inCookies: ["weir-connect=\(secret)"], isSecure: true) == nil)
    }

    @Test func session_isTiedToTheProvider() {
        let secret = URLSecret.make()
        let (one, other) = (ProviderID("one")!, ProviderID("other")!)
        #expect(ConnectSession.digest(secret, one) == ConnectSession.digest(secret, one))
        #expect(ConnectSession.digest(secret, one) != ConnectSession.digest(secret, other))
        #expect(ConnectSession.digest(secret, one).count == SHA256Digest.length)
    }

    @Test func cookie_isForThePagesAloneAndForTenMinutes() {
        let plain = ConnectSession.cookie("s", isSecure: false)
        #expect(plain == "weir-connect=s; Path=/oauth/connections; Max-Age=600; HttpOnly; SameSite=Lax")
        // What browsers want of the prefix: no domain, the path of everything.
        #expect(
            ConnectSession.cookie("s", isSecure: true)
                == "__Host-weir-connect=s; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure")
    }
}

@Suite struct ReturnTargetTests {
    private let settings = BrowserConfiguration(
        publicURL: try? WebAddress("https://ai.example.com").origin,
        returnOrigins: [try? WebAddress("https://console.example:8443").origin].compactMap { $0 }, adminKey: nil)

    @Test(arguments: [
        ("/", "https://ai.example.com/"), ("/a/b?c=d#e", "https://ai.example.com/a/b?c=d#e"),
        ("/.//evil.example", "https://ai.example.com/.//evil.example"),
        ("https://ai.example.com", "https://ai.example.com"),
        ("https://AI.example.com:443/x", "https://ai.example.com/x"),
        ("https://console.example:8443/x?y", "https://console.example:8443/x?y"),
        ("https://console.example:8443?y", "https://console.example:8443?y"),
        ("https://ai.example.com/@evil.example", "https://ai.example.com/@evil.example"),
    ])
    func ownAndNamedOrigins_areTargets(text: String, location: String) {
        #expect(ReturnTarget(text, settings)?.location == location)
    }

    @Test(arguments: [
        "", "x", "//evil.example", "/\\evil.example", "\\/evil.example", "/\t/evil.example", "/a b", "/a\nb", "/ü",
        "///evil.example", "https:evil.example", "https:/ai.example.com", "https://", "http://ai.example.com/",
        "https://evil.example", "https://ai.example.com.evil.example/", "https://ai.example.com@evil.example/",
        "https://evil.example#https://ai.example.com", "https://ai.example.com:444/", "https://console.example/",
        "https://ai.example.com\\@evil.example/", "javascript:alert(1)", "data:text/html,x", "HTTPS://ai.example.com/",
        "/" + String(repeating: "a", count: 512),
    ])
    func everythingElse_isNone(_ text: String) {
        #expect(ReturnTarget(text, settings) == nil)
    }

    @Test func withoutAPublicAddress_nothingIsATarget() {
        #expect(ReturnTarget("/x", BrowserConfiguration(publicURL: nil, returnOrigins: [], adminKey: nil)) == nil)
    }
}

@Suite struct AdminKeyTests {
    private func matches(_ key: AdminKey?, _ text: String) -> Bool? {
        key.map { key in Array(text.utf8).withUnsafeBytes { key.matches($0) } }
    }

    @Test func key_matchesItselfAlone() {
        let text = String(repeating: "k", count: 32)
        let key = AdminKey(Secret(text.utf8))
        #expect(matches(key, text) == true)
        for other in ["", "k", String(text.dropLast()), text + "k", text.uppercased()] {
            #expect(matches(key, other) == false, "\(other)")
        }
        #expect(matches(key, String(repeating: "k", count: 100_000)) == false)
    }

    @Test func keyThatCouldBeGuessed_isNone() {
        #expect(AdminKey(Secret(String(repeating: "k", count: 31).utf8)) == nil)
    }

    @Test(arguments: [
        ("public_url: https://ai.example.com/path", "without a path"),
        ("public_url: http://ai.example.com", "expected https"),
        ("return_origins: [\"https://user@x.example\"]", "user name"), ("return_origins: [x]", ""),
    ])
    func settings_thatMakeNoSense_areRefused(line: String, reason: String) {
        let problems = ConfigurationTests.problems("gatewayd:\n  listen: [\"127.0.0.1:0\"]\n  \(line)\n")
        let key = "gatewayd.\(line.prefix { $0 != ":" })"
        #expect(problems.contains { $0.contains(key) && $0.contains(reason) }, "\(problems)")
    }

    @Test(arguments: [
        "https://ai.example.com", "http://localhost:8080", "http://127.0.0.1:1", "https://[2001:db8::1]:8443",
    ])
    func address_ofBrowsers_isTaken(_ url: String) {
        let problems = ConfigurationTests.problems("gatewayd:\n  listen: [\"127.0.0.1:0\"]\n  public_url: \"\(url)\"\n")
        #expect(!problems.contains { $0.contains("public_url") }, "\(problems)")
    }
}
