export { listEntries } from './list-entries';
export { type ReadOptions, readMigrationFolder } from './read-migration-folder';
export { describeRefusals, readRollbackFile, readRollbackFolder } from './read-rollback-folder';
