// DemoTenant: somebody to try Weir as.
//
// For: `weirctl up --demo`. Safe to repeat at every start: the tenant is made once, its credit has one reference, its
// key is kept in a file of the demo's folder.
// Refuses: nothing itself.
// Called by: UpCommand.

import IPC
import Money
import Tenancy

struct DemoTenant {
    let desk: Desk
    /// Where the key is kept, mode 0600. Only a demo keeps a key in the clear.
    let keyPath: String

    static let name = "demo"
    static let credit = Micros(10_000_000)
    private static let creditReference = "demo-credit"

    /// Makes sure that the tenant, its credit and its key exist. Returns the key.
    func prepare() async throws(Complaint) -> String {
        guard let tenant = TenantID(Self.name), let reference = Reference(text: Self.creditReference) else {
            preconditionFailure("the demo's names follow the grammar of names")
        }
        try await makeTenant(tenant)
        let request = CreditRequest(
            amount: Self.credit, at: SystemClock.now, reference: reference, tenant: tenant, note: "demo credit")
        let posted = try await desk.wallet { client throws(CallFailure) in try await client.credit(request) }
        if case .refused(let refusal) = posted.outcome { throw refusal.complaint(reference) }
        try await connect(tenant)
        if let kept = Folder.line(of: keyPath) { return kept }
        return try await makeKey(tenant)
    }

    private func makeTenant(_ tenant: TenantID) async throws(Complaint) {
        let request = TenantCreateRequest(tenant: tenant, policy: .reserve, displayName: "Demo", limits: nil)
        let answer = try await desk.gateway { client throws(CallFailure) in try await client.tenantCreate(request) }
        if answer.outcome != .refused(.tenantExists) { try answer.outcome.check(tenant.text) }
    }

    /// An account at the demo's upstream, which takes any key.
    private func connect(_ tenant: TenantID) async throws(Complaint) {
        guard let provider = ProviderID(FolderConfiguration.demoDomain), let name = AccountName("main") else {
            preconditionFailure("the demo's names follow the grammar of names")
        }
        let none = SecretField("")
        let request = TokenPutRequest(
            account: AccountKey(tenant: tenant, provider: provider, account: name), kind: .apiKey, label: "Demo",
            secret: SecretField("demo"), user: "", refreshToken: none, clientID: "", clientSecret: none,
            tokenEndpoint: "", scopes: "", expiresAt: nil, metadata: [], replace: false, source: "weirctl up --demo")
        let answer = try await desk.vault { client throws(CallFailure) in try await client.put(request) }
        guard case .refused(let refusal) = answer.outcome, refusal != .accountExists else { return }
        throw Complaint("the demo's account cannot be connected: \(answer.text)", next: "weirctl check")
    }

    private func makeKey(_ tenant: TenantID) async throws(Complaint) -> String {
        let request = KeyCreateRequest(
            tenant: tenant, scopes: [.inference, .account, .agent], expiresAt: nil, cap: nil, name: "demo", limits: nil)
        let answer = try await desk.gateway { client throws(CallFailure) in try await client.keyCreate(request) }
        try answer.outcome.check(tenant.text)
        try Folder.write(answer.secret + "\n", to: keyPath)
        return answer.secret
    }
}
