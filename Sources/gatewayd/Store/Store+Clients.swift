// Store+Clients: programs that registered themselves to get keys from the people who use them.
//
// For: `POST /oauth/register` and the flows that follow.
// Refuses: nothing; beyond `clientsMost` the one that was never used for longest makes room.
// Called by: OAuthRequest, ConsentRequest, on the store thread.

import OAuthServer
import Storage
import Tenancy

extension Store {
    /// Programs that are known at a time: one takes some hundred bytes.
    static let clientsMost: Int64 = 10_000

    /// Keeps a new program.
    func register(_ client: PublicClient) throws(StorageError) {
        try database.transaction { () throws(StorageError) in
            let known = try database.prepare("SELECT count(*) FROM oauth_clients").firstRow { $0.integer(0) } ?? 0
            if known >= Self.clientsMost { try forgetClient() }
            let insert = try database.prepare(
                "INSERT INTO oauth_clients (id, name, redirects, registered_at) VALUES (?1, ?2, ?3, ?4)")
            let redirects = client.wish.redirects.map(\.description).joined(separator: "\n")
            try insert.bind(1, client.id.text).bind(2, client.wish.name).bind(3, redirects)
                .bind(4, client.registeredAt.value).run()
        }
    }

    /// The one that was never used for longest, or else the one that was used longest ago.
    private func forgetClient() throws(StorageError) {
        let delete = try database.prepare(
            """
            DELETE FROM oauth_clients WHERE id = (
                SELECT id FROM oauth_clients ORDER BY used_at IS NOT NULL, coalesce(used_at, registered_at), id LIMIT 1)
            """)
        try delete.run()
    }

    /// The program of that name.
    func client(_ id: ClientID) throws(StorageError) -> PublicClient? {
        let question = try database.prepare(
            "SELECT name, redirects, registered_at FROM oauth_clients WHERE id = ?1")
        return try question.bind(1, id.text).firstRow { row in
            let redirects = row.text(1).split(separator: "\n").compactMap { RedirectTarget(String($0)) }
            return PublicClient(
                id: id, wish: ClientWish(name: row.text(0), redirects: redirects),
                registeredAt: UnixMillis(row.integer(2)))
        }
    }

    /// A key was made for the program.
    func noteUse(of client: ClientID, at now: UnixMillis) throws(StorageError) {
        let change = try database.prepare("UPDATE oauth_clients SET used_at = ?1 WHERE id = ?2")
        try change.bind(1, now.value).bind(2, client.text).run()
    }
}
