export { watchFences } from './fence-watch';
export { answerForgottenTerminations } from './forgotten-terminations';
export { performRun, type RunDeps } from './perform-run';
export { performRescuePrune, pruneRescue, pruneRescueInput } from './prune-rescue';
export { performFenceRelease, releaseFence, releaseFenceInput } from './release-fence';
export { resumeRun, startRun, startRunInput } from './start-run';
export {
  cancelRun,
  reconcileRun,
  stopRun,
  stopRunInput,
} from './stop-run';
export { reconcileNow, takeOverLapsedRuns } from './take-over';
export {
  performTermination,
  terminateBlocker,
  terminateBlockerInput,
} from './terminate-blocker';
export { readTouchedTables } from './touched-tables';
