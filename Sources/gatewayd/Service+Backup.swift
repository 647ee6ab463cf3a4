// Service+Backup: a copy of the store for whoever keeps backups.
//
// For: message 0x020D.
// Refuses: what BackupDuty refuses.
// Called by: Service's table.

import IPC

extension ServiceContext {
    func backup(_ request: GatewayBackupRequest, _ stream: StreamAnswer<FileChunk, BackupEnd>) {
        backups.serve(stream) { store.copy($0) }
    }
}
