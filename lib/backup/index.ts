export { confirmBackup } from './confirm-backup';
export { interruptOrphanedBackups } from './interrupt-orphaned-backups';
export { type BackupDeps, type PerformedBackup, performBackup } from './perform-backup';
export { requestBackup, requestBackupInput } from './request-backup';
