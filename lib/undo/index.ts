export { SessionLostError, StepUndoneError } from './errors';
export {
  FENCE_NAME,
  fenceRemovalScript,
  raiseFenceSql,
  releaseFenceSql,
  type Tracking,
} from './fence';
export { prepareSession, type SessionSettings } from './session';
export {
  rowsAfter,
  sameRows,
  type UndoHooks,
  type UndoInput,
  type UndoneStep,
  undoStep,
} from './undo-step';
