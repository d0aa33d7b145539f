export { performRun, type RunDeps } from './perform-run';
export { performFenceRelease, releaseFence, releaseFenceInput } from './release-fence';
export { resumeRun, startRun, startRunInput } from './start-run';
export {
  cancelRun,
  reconcileRun,
  stopRun,
  stopRunInput,
} from './stop-run';
export { reconcileNow, takeOverLapsedRuns } from './take-over';
export { readTouchedTables } from './touched-tables';
