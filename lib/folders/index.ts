export { listEntries, pairFolders, readFolders } from './list-entries';
export { type History, readHistory } from './read-history';
export { readMigrationFolder } from './read-migration-folder';
export { readRollbackFolder } from './read-rollback-folder';
export { describeProblem, readRollbackFile } from './read-script';
