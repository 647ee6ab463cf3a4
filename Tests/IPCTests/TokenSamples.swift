// One sample of each token message: what docs/PROTOCOL.md shows, and what codecs are fed.

import IPC
import Tenancy

private let workAccount = AccountKey("acme/github/work")!

let tokenSamples: [Sample] = [
    Sample(
        "token.watch item",
        CredentialChange(
            phase: .snapshot, account: workAccount, generation: 7, kind: .oauth,
            secret: SecretField("gho_16C7e42F292c6912E7710c838347Ae178B4a"), user: "",
            expiresAt: UnixMillis(1795249980000),
            metadata: [MetadataField(name: "instance_url", value: "https://acme.my.salesforce.com")], reason: "")),
    Sample(
        "token.rejected request",
        TokenRejectedRequest(account: workAccount, generation: 7)),
    Sample(
        "token.put request",
        TokenPutRequest(
            account: workAccount, kind: .oauth, label: "the bot's account",
            secret: SecretField("gho_16C7e42F292c6912E7710c838347Ae178B4a"), user: "",
            refreshToken: SecretField(
                "ghr_1B4a2e77838347a7E420ce178F2E7c6912E169246c34E1ccbF66C46812d16D5B1A9Dc86A1498"),
            clientID: "Iv1.8a61f9b3a7aba766", clientSecret: SecretField("c12"), tokenEndpoint: "",
            scopes: "repo read:user", expiresAt: UnixMillis(1795249980000),
            metadata: [MetadataField(name: "instance_url", value: "https://acme.my.salesforce.com")], replace: true,
            source: "weirctl root")),
    Sample(
        "token.put answer",
        TokenPutAnswer(outcome: .done, text: "", generation: 7)),
    Sample(
        "token.list request",
        TokenListRequest(tenant: TenantID("acme")!, provider: "github", after: "", limit: 100)),
    Sample(
        "token.list answer",
        TokenListAnswer(
            next: "acme/github/work",
            accounts: [
                AccountRow(
                    account: workAccount, kind: .oauth, state: .active, label: "the bot's account",
                    scopes: "repo read:user", createdAt: UnixMillis(1795246380000),
                    changedAt: UnixMillis(1795249980000), expiresAt: UnixMillis(1795249980000),
                    refreshAt: UnixMillis(1795249980000), failures: 0, reason: "",
                    metadata: [MetadataField(name: "login", value: "octocat")])
            ])),
    Sample(
        "token.remove request",
        TokenRemoveRequest(account: workAccount, revoke: true, source: "weirctl root")),
    Sample(
        "token.remove answer",
        TokenRemoveAnswer(outcome: .done, revoked: true, text: "")),
    Sample(
        "token.test request",
        TokenTestRequest(account: workAccount, source: "weirctl root")),
    Sample(
        "token.test answer",
        TokenTestAnswer(outcome: .done, status: 200, text: "")),
    Sample(
        "token.connectBegin request",
        ConnectBeginRequest(
            account: workAccount, label: "Work", session: Array(0..<32),
            redirect: "https://weir.example/oauth/connections/github/callback", scopes: "repo read:user",
            returnTo: "/console/connections", source: "weirctl root",
            metadata: [MetadataField(name: "region", value: "eu")])),
    Sample(
        "token.connectBegin answer",
        ConnectBeginAnswer(
            outcome: .done, text: "", url: "https://github.com/login/oauth/authorize?state=s",
            expiresAt: UnixMillis(1795249980000))),
    Sample(
        "token.connectFinish request",
        ConnectFinishRequest(state: "c3RhdGU", session: Array(0..<32), code: SecretField("c0de"), error: "", issuer: "")
    ),
    Sample(
        "token.connectFinish answer",
        ConnectFinishAnswer(outcome: .done, text: "", account: workAccount, returnTo: "/console/connections")),
    Sample(
        "token.rotate item",
        RotationProgress(done: 512, left: 488)),
    Sample(
        "token.rotate end",
        RotationEnd(done: 512, failed: 3, key: "1f2e3d4c")),
    Sample(
        "token.status answer",
        TokenStatusAnswer(
            startedAt: UnixMillis(1795246380000), isDraining: false, active: 90, dead: 2, alarms: 88, overdue: 1,
            inFlight: 1, refreshed: 1200, failed: 3, watchers: 2, key: "1f2e3d4c", oldSealed: 0, isLocked: true,
            instance: 578437695752307201, build: "tokend 0.1.0")),
    Sample(
        "token.events request",
        TokenEventsRequest(
            tenant: TenantID("acme")!, before: 42, limit: 100, action: "connected", subject: "github/work",
            since: UnixMillis(1795246380000))),
    Sample(
        "token.events answer",
        TokenEventsAnswer(
            next: 40,
            events: [
                TokenEvent(
                    number: 41, at: UnixMillis(1795246380000), account: workAccount, action: "refreshed",
                    source: "weirctl root", before: "9f86d081884c7d65", after: "60303ae22b998861", text: "")
            ])),
    Sample("token.backup item", FileChunk(offset: 0, bytes: Array("SQLite format 3\0".utf8))),
    Sample("token.backup end", backupEnd(of: "tokend 0.1.0")),
    Sample(
        "token.refresh request",
        TokenRefreshRequest(account: workAccount, source: "weirctl root")),
    Sample(
        "token.refresh answer",
        TokenRefreshAnswer(outcome: .done, text: "", expiresAt: UnixMillis(1795249980000))),
    Sample(
        "token.reload answer",
        TokenReloadAnswer(accepted: true, text: "")),
]
