export { interruptOrphanedRehearsals } from './interrupt-orphaned-rehearsals';
export { queueRehearsal } from './queue-rehearsal';
export { type PerformedRehearsal, type RehearsalDeps, rehearse } from './rehearse';
export { rehearseSteps } from './rehearse-steps';
export { requestRehearsal, requestRehearsalInput } from './request-rehearsal';
