export { checkDrift, type DriftInput, objectsIn } from './check-drift';
export { cloneSchema, type FindTool } from './clone-schema';
export { compareWithLive, type LiveComparison } from './compare-with-live';
export {
  checkDatabaseName,
  rehearsalDatabaseName,
  testRestoreDatabaseName,
} from './installation-names';
export { dropOrphanedScratch } from './orphaned-scratch';
export { type LiveSchema, readLiveSchema } from './read-live-schema';
export { refuseOwnServer } from './refuse-own-server';
export { type ReplayInput, replayMigrations } from './replay-migrations';
export { createScratchDatabase, type ScratchDatabase } from './scratch-database';
export { UnreplayableError } from './unreplayable';
