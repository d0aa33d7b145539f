import { appendAudit } from '@/lib/audit';
import { type Ctx, inTransaction } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { canonicalJson } from '@/lib/core/digest';
import type { AuditEntry } from '@/lib/core/views';
import { type HistoryFilters, readHistoryBatch } from './list-history';

const BATCH = 500;

const COLUMNS = [
  'seq',
  'at',
  'actor_id',
  'actor_name',
  'actor_role',
  'action',
  'subject',
  'target',
  'outcome',
  'payload',
  'request_id',
  'prev_hash',
  'hash',
] as const;

/**
 * The history by filter as text, oldest first, a batch at a time. JSONL holds every field that a hash
 * covers, so that an unfiltered export can be verified without Backstep. The export is itself in the
 * history, before its first line is given out.
 * @throws BackstepError `forbidden`
 */
export async function exportHistory(
  ctx: Ctx,
  filters: HistoryFilters,
  format: 'csv' | 'jsonl',
): Promise<AsyncIterable<string>> {
  requirePermission(ctx.actor, 'history.export');
  await inTransaction(ctx, (tx) =>
    appendAudit(tx, {
      action: 'history.export',
      ...(filters.target ? { target: filters.target } : {}),
      outcome: 'done',
      payload: { format, filters },
    }),
  );
  return lines(ctx, filters, format === 'csv' ? csvLine : jsonLine, format);
}

async function* lines(
  ctx: Ctx,
  filters: HistoryFilters,
  line: (record: Record<(typeof COLUMNS)[number], unknown>) => string,
  format: 'csv' | 'jsonl',
): AsyncIterable<string> {
  if (format === 'csv') yield `${COLUMNS.join(',')}\r\n`;
  let after = 0;
  for (;;) {
    const entries = await readHistoryBatch(ctx, filters, after, BATCH);
    yield entries.map((entry) => line(recordOf(entry))).join('');
    const last = entries.at(-1);
    if (!last || entries.length < BATCH) return;
    after = last.seq;
  }
}

function recordOf(entry: AuditEntry): Record<(typeof COLUMNS)[number], unknown> {
  return {
    seq: entry.seq,
    at: entry.at,
    actor_id: entry.actor.id,
    actor_name: entry.actor.name,
    actor_role: entry.actor.role,
    action: entry.action,
    subject: entry.subject,
    target: entry.target,
    outcome: entry.outcome,
    payload: entry.payload,
    request_id: entry.requestId,
    prev_hash: entry.prevHash,
    hash: entry.hash,
  };
}

const jsonLine = (record: Record<string, unknown>): string => `${JSON.stringify(record)}\n`;

const csvLine = (record: Record<(typeof COLUMNS)[number], unknown>): string =>
  `${COLUMNS.map((column) => csvField(record[column])).join(',')}\r\n`;

/** RFC 4180; and a spreadsheet must not take what somebody typed for a formula. */
function csvField(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? canonicalJson(value) : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
