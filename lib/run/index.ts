export { HEARTBEAT_MS, LEASE_MS } from './lease';
export { performRun, type RunDeps } from './perform-run';
export { performFenceRelease, releaseFence, releaseFenceInput } from './release-fence';
export { resumeRun, resumeRunInput, startRun, startRunInput } from './start-run';
export {
  cancelRun,
  cancelRunInput,
  reconcileRun,
  reconcileRunInput,
  stopRun,
  stopRunInput,
} from './stop-run';
export { reconcileNow, takeOverLapsedRuns } from './take-over';
export { readTouchedTables } from './touched-tables';
