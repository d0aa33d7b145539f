export { type AuditInput, appendAudit } from './append-audit';
export { assertHistoryWritable, historyUnwritable } from './assert-writable';
export { verifyChain } from './verify-chain';
