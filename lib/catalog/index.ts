export { columnOrderChanges } from './column-order';
export { describeTable } from './describe-table';
export { diffCatalogs } from './diff-catalogs';
export { fingerprint } from './fingerprint';
export { settleWording } from './settle-wording';
export { snapshotCatalog } from './snapshot-catalog';
export { splitDifference } from './split-difference';
