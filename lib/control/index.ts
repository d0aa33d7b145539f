export { backupEvidence, backupLabel, findBackup } from './backup-evidence';
export { changeStatus } from './change-status';
export { type Ctx, databaseNow, inTransaction, systemContext } from './context';
export { type Control, openControl } from './database';
export {
  appendEvent,
  appendRunEvents,
  EVENTS_CHANNEL,
  type PendingEvent,
  readEvents,
  runEventsSql,
  WITHOUT_WAITING,
} from './events';
export {
  findRollback,
  loadFacts,
  type RollbackFacts,
  requireAction,
  rescuesOf,
} from './facts';
export { installationId } from './installation';
export { enqueueJob, type JobName, type JobPayloads } from './jobs';
export { ADVISORY_LOCKS } from './locks';
export { migrateControl } from './migrate';
export type { BackupManifest, StoredFile } from './schema';
export * as tables from './schema';
export { queueTestRestore, testRestoreEvidence } from './test-restores';
export { type Answer, executeTogether, transactTogether } from './together';
