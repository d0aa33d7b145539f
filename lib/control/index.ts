export { changeStatus } from './change-status';
export { type Ctx, databaseNow, inTransaction, systemContext } from './context';
export { type Control, openControl } from './database';
export {
  appendEvent,
  appendRunEvents,
  EVENTS_CHANNEL,
  type PendingEvent,
  readEvents,
} from './events';
export { backupLabel, findRollback, loadFacts, type RollbackFacts, requireAction } from './facts';
export { enqueueJob, type JobName } from './jobs';
export { ADVISORY_LOCKS } from './locks';
export { migrateControl } from './migrate';
export type { BackupManifest } from './schema';
export * as tables from './schema';
