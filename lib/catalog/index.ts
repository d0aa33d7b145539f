export { columnOrderChanges } from './column-order';
export { describeTable } from './describe-table';
export { diffCatalogs } from './diff-catalogs';
export { fingerprint } from './fingerprint';
export { BORROWED_ROLE_MARK } from './queries/roles';
export { settleWording } from './settle-wording';
export { snapshotCatalog } from './snapshot-catalog';
export { splitDifference } from './split-difference';
