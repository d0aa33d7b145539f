export { type AuditInput, appendAudit, appendAuditSql, chainEndSql } from './append-audit';
export { historyUnwritable, refusedByHistory, tryHistorySql } from './assert-writable';
export { verifyChain } from './verify-chain';
