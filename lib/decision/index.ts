export { readOtherWays } from './other-ways';
