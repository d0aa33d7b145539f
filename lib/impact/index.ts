export { lookAtLive } from './look-at-live';
export { changesSince, readRowChanges } from './row-changes';
