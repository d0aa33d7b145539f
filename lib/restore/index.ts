export {
  approvedRestoreInput,
  cancelRestore,
  confirmedRestoreInput,
  dropFormer,
  reconcileRestore,
  releaseRestoreFence,
  requestRestoreApproval,
  requestRestoreApprovalInput,
  restoreInput,
  startRestore,
  startSwap,
  swapBack,
  takeSafetyBackup,
} from './ask';
export { createRestore, createRestoreInput } from './create-restore';
export { decideRestore, decideRestoreInput } from './decide-restore';
export { performDropOfFormer, performDropOfNew } from './drop-databases';
export { watchRestoreFences } from './fence';
export { countRestoresAwaitingApproval, getRestore, listRestores } from './get-restore';
export { performRestore, type RestoreDeps } from './perform-restore';
export { performSwap } from './perform-swap';
export { readRestoreChoice } from './read-choice';
export { readSurroundings } from './read-surroundings';
export { performRestoreFenceRelease } from './release-fence';
export { reconcileRestoreNow, takeOverLapsedRestores } from './take-over';
