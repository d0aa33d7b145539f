export { type AuditInput, appendAudit } from './append-audit';
export { type AuditRecord, GENESIS_HASH, hashOf } from './audit-record';
export { type ChainVerdict, verifyChain } from './verify-chain';
