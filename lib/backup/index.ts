export { confirmBackup, type DatabaseIdentity } from './confirm-backup';
export type { ClientTool, DumpTools } from './dump-job';
export { interruptOrphanedBackups } from './interrupt-orphaned-backups';
export { type Finding, type StoredBackup, verifyStoredBackup } from './manifest';
export { type BackupDeps, type PerformedBackup, performBackup } from './perform-backup';
export { requestBackup, requestBackupInput } from './request-backup';
