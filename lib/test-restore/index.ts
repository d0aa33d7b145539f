export { interruptOrphanedTestRestores } from './interrupt-orphaned-test-restores';
export { type PerformedTestRestore, performTestRestore } from './perform-test-restore';
export { requestTestRestore, requestTestRestoreInput } from './request-test-restore';
export type { TestRestoreDeps } from './test-restore-deps';
