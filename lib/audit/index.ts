export { type AuditInput, appendAudit } from './append-audit';
export { verifyChain } from './verify-chain';
