export { acknowledgeDanger, acknowledgeDangerInput } from './acknowledge-danger';
export { decideApproval, decideApprovalInput } from './decide-approval';
export { type ApprovalDeps, requestApproval, requestApprovalInput } from './request-approval';
