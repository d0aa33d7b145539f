export { type CapturedRows, captureRows } from './capture-rows';
export type { RowsInput } from './captured-tables';
export { olderLosses } from './older-losses';
export { ownLosses } from './own-losses';
export { partsCompared } from './parts-compared';
export { type PlantOptions, plantRows } from './plant-rows';
export { relatedTables } from './related-tables';
export { type RowRules, readRowRules } from './row-rules';
