export { exportHistory } from './export-history';
export { getRoom, type RoomDeps } from './get-room';
export { type HistoryPage, historyFilters, listHistory } from './list-history';
export {
  countByStatus,
  listRollbacks,
  listRollbacksInput,
  type RollbackList,
} from './list-rollbacks';
