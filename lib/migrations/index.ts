export { getMigrationPage } from './get-migration-page';
export { getTargetPage } from './get-target-page';
export { listTargets } from './list-targets';
