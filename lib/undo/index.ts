export { SessionLostError, StepUndoneError } from './errors';
export {
  fenceRemovalScript,
  releaseFenceSql,
} from './fence';
export { prepareSession, type SessionSettings } from './session';
export {
  rowsAfter,
  sameRows,
  type UndoInput,
  type UndoneStep,
  undoStep,
} from './undo-step';
