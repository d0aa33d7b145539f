export { findReleases } from './find-releases';
