export { listEntries, pairFolders, readFolders } from './list-entries';
export { readMigrationFolder } from './read-migration-folder';
export { describeRefusals, readRollbackFile, readRollbackFolder } from './read-rollback-folder';
