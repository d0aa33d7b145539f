export { type AuditInput, appendAudit } from './append-audit';
export { type ChainVerdict, verifyChain } from './verify-chain';
