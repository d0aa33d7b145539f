import { canonicalJson, sha256Hex } from '@/lib/core/digest';
import type { AuditEntry, AuditOutcome } from '@/lib/core/views';

/** What the first row follows. */
export const GENESIS_HASH = '0'.repeat(64);

/** The fields that a row's hash covers: all but the hash itself. */
export interface AuditRecord {
  seq: number;
  /** ISO, UTC, milliseconds. */
  at: string;
  actorId: string;
  actorName: string;
  actorRole: AuditEntry['actor']['role'];
  action: string;
  subject: string | null;
  target: string | null;
  outcome: AuditOutcome;
  payload: Record<string, unknown>;
  requestId: string;
  prevHash: string;
}

/**
 * SHA-256 hex over the record as JSON in the canonical form of RFC 8785: UTF-8, keys sorted, no space.
 * An exported line holds the same fields under the same names, so anybody can compute it.
 */
export function hashOf(record: AuditRecord): string {
  return sha256Hex(canonicalJson({ ...record }));
}
