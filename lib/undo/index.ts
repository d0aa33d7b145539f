export { refusal, SessionLostError, StepUndoneError } from './errors';
export {
  FENCE_NAME,
  fenceRemovalScript,
  raiseFenceSql,
  releaseFenceSql,
} from './fence';
export { aloneOf, type Probed } from './probe';
export { probeAfterwards } from './probe-afterwards';
export { prepareSession, type SessionSettings } from './session';
export { rowsAfter, sameRows } from './tracking-rows';
export { type ChainInput, type UndoneChain, undoChain } from './undo-chain';
export type { FenceToRaise, UndoHooks, UndoInput, UndonePart } from './undo-input';
export { undoPart, undoStep } from './undo-step';
