export { interruptOrphanedRehearsals } from './interrupt-orphaned-rehearsals';
export { queueRehearsal } from './queue-rehearsal';
export { type PerformedRehearsal, type RehearsalDeps, rehearse } from './rehearse';
export { requestRehearsal, requestRehearsalInput } from './request-rehearsal';
