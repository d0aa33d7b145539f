export { describeTable } from './describe-table';
export { diffCatalogs } from './diff-catalogs';
export { fingerprint } from './fingerprint';
export { snapshotCatalog } from './snapshot-catalog';
