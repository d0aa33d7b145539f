import { max } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import { type Ctx, inTransaction, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { canonicalJson } from '@/lib/core/digest';
import type { AuditEntry, HistoryFilters } from '@/lib/core/views';
import { readHistoryBatch } from './list-history';

const BATCH = 500;

/** In the order of the columns; a hash covers all but the last. */
const FIELDS = [
  'seq',
  'at',
  'actorId',
  'actorName',
  'actorRole',
  'action',
  'subject',
  'target',
  'outcome',
  'payload',
  'requestId',
  'prevHash',
  'hash',
] as const;

type ExportedRow = Record<(typeof FIELDS)[number], unknown>;

/**
 * The history by filter as text, oldest first, a batch at a time. A line of JSONL is a row as it was
 * hashed, in the canonical form of RFC 8785, with its hash: without that field, its bytes give the hash
 * by SHA-256, and `prevHash` is the hash of the row before. So anybody can verify it without Backstep.
 * The export is itself in the history, before its first line is given out, and no row after that one is
 * in it: an export of everything ends with its own row, so that a cut-off end shows.
 * @throws BackstepError `forbidden`
 */
export async function exportHistory(
  ctx: Ctx,
  filters: HistoryFilters,
  format: 'csv' | 'jsonl',
): Promise<AsyncIterable<string>> {
  requirePermission(ctx.actor, 'history.export');
  const own = await inTransaction(ctx, async (tx) => {
    await appendAudit(tx, {
      action: 'history.export',
      ...(filters.target ? { target: filters.target } : {}),
      outcome: 'done',
      payload: { format, filters },
    });
    // Appends take turns, so that the newest row is the one just written.
    const [newest] = await tx.db.select({ seq: max(tables.auditLog.seq) }).from(tables.auditLog);
    return newest?.seq ?? 0;
  });
  return lines(ctx, filters, own, format);
}

async function* lines(
  ctx: Ctx,
  filters: HistoryFilters,
  upTo: number,
  format: 'csv' | 'jsonl',
): AsyncIterable<string> {
  const line = format === 'csv' ? csvLine : jsonLine;
  if (format === 'csv') yield `${FIELDS.join(',')}\r\n`;
  let after = 0;
  for (;;) {
    const found = await readHistoryBatch(ctx, filters, after, BATCH);
    const entries = found.filter(({ seq }) => seq <= upTo);
    if (entries.length > 0) yield entries.map((entry) => line(rowOf(entry))).join('');
    const last = entries.at(-1);
    if (!last || entries.length < BATCH) return;
    after = last.seq;
  }
}

function rowOf({ actor, ...entry }: AuditEntry): ExportedRow {
  return { ...entry, actorId: actor.id, actorName: actor.name, actorRole: actor.role };
}

const jsonLine = (row: ExportedRow): string => `${canonicalJson(row)}\n`;

const csvLine = (row: ExportedRow): string =>
  `${FIELDS.map((field) => csvField(row[field])).join(',')}\r\n`;

/** RFC 4180; and a spreadsheet must not take what somebody typed for a formula. */
function csvField(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? canonicalJson(value) : String(value);
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
