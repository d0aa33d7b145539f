export { lookAtLive } from './look-at-live';
