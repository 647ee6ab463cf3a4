// backup: a copy of the ledger for whoever keeps backups.
//
// For: `weirctl backup`.
// Refuses: what BackupDuty refuses.
// Called by: the service table, asked by weirctl.

import IPC

extension Service {
    func backup(_ request: WalletBackupRequest, _ stream: StreamAnswer<FileChunk, BackupEnd>) {
        backups.serve(stream) { writer.copy($0) }
    }
}
