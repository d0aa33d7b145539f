export { getMigrationPage } from './get-migration-page';
export { getTargetPage } from './get-target-page';
export { keepChecked } from './keep-checked';
export { listTargets } from './list-targets';
export { performCheck } from './perform-check';
export { requestCheck, requestCheckInput } from './request-check';
export { interruptOrphanedChecks } from './target-checks';
