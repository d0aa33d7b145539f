export {
  attestBackup,
  attestBackupInput,
  confirmBackupAttestation,
  confirmBackupAttestationInput,
} from './attest-backup';
export { cancelBackup, cancelBackupInput } from './cancel-backup';
export { confirmBackup } from './confirm-backup';
export { getBackup } from './get-backup';
export { interruptOrphanedBackups } from './interrupt-orphaned-backups';
export { listBackups } from './list-backups';
export { type BackupDeps, type PerformedBackup, performBackup } from './perform-backup';
export { pruneBackups } from './prune-backups';
export {
  requestBackup,
  requestBackupInput,
  requestTargetBackup,
  requestTargetBackupInput,
} from './request-backup';
export { openBackup } from './store/open-backup';
export { removeLeftOpened } from './store/opened-folders';
