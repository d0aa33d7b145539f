import { and, asc, count, desc, eq, gt, gte, inArray, lt, max, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Ctx, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { isStorable } from '@/lib/core/storable-text';
import type { AuditEntry, HistoryFilters } from '@/lib/core/views';

const { auditLog } = tables;

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'Write a date as 2026-11-22.')
  .refine(isDay, 'This date does not exist.');

/** The parser takes February 31 for a day in March, and the database knows no year 0. */
function isDay(value: string): boolean {
  const time = Date.parse(value);
  if (Number.isNaN(time) || value.startsWith('0000')) return false;
  return new Date(time).toISOString().startsWith(value);
}

const text = (max: number) => z.string().max(max).refine(isStorable);

export const historyFilters = z.object({
  target: text(200).optional(),
  /** Actor id. */
  person: text(100).optional(),
  action: text(100).optional(),
  outcome: z.enum(['done', 'refused', 'failed', 'unknown']).optional(),
  /** Days in UTC, both included. */
  from: day.optional(),
  to: day.optional(),
  subject: text(320).optional(),
});

const PAGE_SIZE = 100;

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
  // Under the name that they had last. Grouping first is far quicker than sorting the whole log.
  const newest = ctx.db
    .select({ seq: max(auditLog.seq) })
    .from(auditLog)
    .groupBy(auditLog.actorId);
  const people = await ctx.db
    .select({ id: auditLog.actorId, name: auditLog.actorName })
    .from(auditLog)
    .where(inArray(auditLog.seq, newest));
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
    filters.from ? gte(auditLog.at, startOf(filters.from, 0)) : undefined,
    filters.to ? lt(auditLog.at, startOf(filters.to, 1)) : undefined,
  ].filter((filter): filter is SQL => filter !== undefined);
}

/** Midnight in UTC, some days after that of `day`. */
const startOf = (day: string, later: number): SQL =>
  sql`((${day}::date + ${later}::int)::timestamp AT TIME ZONE 'UTC')`;

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
