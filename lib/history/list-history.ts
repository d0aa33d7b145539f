import { and, asc, count, desc, eq, gt, gte, lt, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import { type Ctx, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import type { AuditEntry } from '@/lib/core/views';

const { auditLog } = tables;

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'Write a date as 2026-11-22.')
  .refine((value) => !Number.isNaN(Date.parse(value)), 'This date does not exist.');

export const historyFilters = z.object({
  target: z.string().max(200).optional(),
  /** Actor id. */
  person: z.string().max(100).optional(),
  action: z.string().max(100).optional(),
  outcome: z.enum(['done', 'refused', 'failed', 'unknown']).optional(),
  /** Days in UTC, both included. */
  from: day.optional(),
  to: day.optional(),
  subject: z.string().max(320).optional(),
});

export type HistoryFilters = z.infer<typeof historyFilters>;

const PAGE_SIZE = 100;
const DAY_MS = 86_400_000;

export interface HistoryPage {
  entries: AuditEntry[];
  /** Rows that fit the filter. */
  total: number;
  /** Pass as `before` for older rows; null at the end. */
  nextBefore: number | null;
  people: { id: string; name: string }[];
  targets: string[];
}

/** The history by filter, newest first. @throws BackstepError `forbidden` */
export async function listHistory(
  ctx: Ctx,
  filters: HistoryFilters,
  page: { before?: number; limit?: number } = {},
): Promise<HistoryPage> {
  requirePermission(ctx.actor, 'history.read');
  const limit = page.limit ?? PAGE_SIZE;
  const where = filtersOf(filters);
  const rows = await ctx.db
    .select()
    .from(auditLog)
    .where(and(...where, page.before === undefined ? undefined : lt(auditLog.seq, page.before)))
    .orderBy(desc(auditLog.seq))
    .limit(limit + 1);
  const [found] = await ctx.db
    .select({ n: count() })
    .from(auditLog)
    .where(and(...where));
  const entries = rows.slice(0, limit).map(entryOf);
  const people = await ctx.db
    .selectDistinctOn([auditLog.actorId], { id: auditLog.actorId, name: auditLog.actorName })
    .from(auditLog)
    .orderBy(auditLog.actorId, desc(auditLog.seq));
  const targets = await ctx.db
    .selectDistinct({ target: auditLog.target })
    .from(auditLog)
    .orderBy(auditLog.target);
  return {
    entries,
    total: found?.n ?? 0,
    nextBefore: rows.length > limit ? (entries.at(-1)?.seq ?? null) : null,
    people: people.sort((a, b) => a.name.localeCompare(b.name)),
    targets: targets.flatMap((row) => (row.target === null ? [] : [row.target])),
  };
}

/** Oldest first, from a sequence number on: for the export. */
export async function readHistoryBatch(
  ctx: Pick<Ctx, 'db'>,
  filters: HistoryFilters,
  afterSeq: number,
  limit: number,
): Promise<AuditEntry[]> {
  const rows = await ctx.db
    .select()
    .from(auditLog)
    .where(and(...filtersOf(filters), gt(auditLog.seq, afterSeq)))
    .orderBy(asc(auditLog.seq))
    .limit(limit);
  return rows.map(entryOf);
}

function filtersOf(filters: HistoryFilters): SQL[] {
  return [
    filters.target ? eq(auditLog.target, filters.target) : undefined,
    filters.person ? eq(auditLog.actorId, filters.person) : undefined,
    filters.action ? eq(auditLog.action, filters.action) : undefined,
    filters.outcome ? eq(auditLog.outcome, filters.outcome) : undefined,
    filters.subject ? eq(auditLog.subject, filters.subject) : undefined,
    filters.from ? gte(auditLog.at, `${filters.from}T00:00:00Z`) : undefined,
    filters.to
      ? lt(auditLog.at, new Date(Date.parse(filters.to) + DAY_MS).toISOString())
      : undefined,
  ].filter((filter): filter is SQL => filter !== undefined);
}

function entryOf(row: typeof auditLog.$inferSelect): AuditEntry {
  return {
    seq: row.seq,
    at: new Date(row.at).toISOString(),
    actor: { id: row.actorId, name: row.actorName, role: row.actorRole },
    action: row.action,
    subject: row.subject,
    target: row.target,
    outcome: row.outcome,
    payload: row.payload,
    requestId: row.requestId,
    prevHash: row.prevHash,
    hash: row.hash,
  };
}
