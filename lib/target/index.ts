export { addressOf } from './address';
export { isConnectionFault, targetUnreachable } from './connection-fault';
export { closeTarget, openTarget, withTarget } from './open-target';
export { type LiveFence, readFence } from './read-fence';
export { type DatabaseIdentity, readIdentity } from './read-identity';
export { readTracking, type TrackingTable, trackingIdentifier } from './read-tracking';
export { readingRefused } from './reading-refused';
export { redact } from './redact';
export { SQLSTATE, sqlstateOf } from './sqlstate';
