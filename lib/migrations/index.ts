export { getMigrationPage, getMigrationPageInput } from './get-migration-page';
export { getTargetPage, getTargetPageInput } from './get-target-page';
export { listTargets } from './list-targets';
