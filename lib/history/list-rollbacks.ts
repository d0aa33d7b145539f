import {
  and,
  count,
  desc,
  eq,
  getTableColumns,
  ilike,
  inArray,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import { z } from 'zod';
import { type Ctx, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import type { Environment } from '@/lib/core/policy';
import {
  parseRollbackLabel,
  ROLLBACK_STATUSES,
  type RollbackStatus,
  rollbackLabel,
} from '@/lib/core/rollback';
import { isStorable } from '@/lib/core/storable-text';
import type { RollbackLine } from '@/lib/core/views';

const { rollbacks, users } = tables;

export const listRollbacksInput = z.object({
  status: z.array(z.enum(ROLLBACK_STATUSES)).default([]),
  target: z.string().max(200).refine(isStorable).optional(),
  /** Id of the requester. */
  person: z.uuid().optional(),
  /** In reason or incident, or a label. */
  text: z.string().max(200).refine(isStorable).optional(),
  page: z.number().int().min(1).max(1_000_000).default(1),
});

const PAGE_SIZE = 50;

/** All but the plan: with its scripts and its schema it may be megabytes. */
const { plan: _plan, planCheck: _planCheck, ...lineColumns } = getTableColumns(rollbacks);

export interface RollbackList {
  lines: RollbackLine[];
  total: number;
  pages: number;
  /** Of all rollbacks, whatever the filter. */
  counts: Partial<Record<RollbackStatus, number>>;
  /** Who has ever asked, for the filter. */
  people: { id: string; name: string }[];
}

/** Rollbacks by filter, newest first. @throws BackstepError `forbidden` */
export async function listRollbacks(
  ctx: Ctx,
  input: z.infer<typeof listRollbacksInput>,
): Promise<RollbackList> {
  requirePermission(ctx.actor, 'target.read');
  const where = and(...filtersOf(input));
  const rows = await ctx.db
    .select({
      rollback: lineColumns,
      fromNumber: sql<string>`${rollbacks.plan} #>> '{from,number}'`,
      toNumber: sql<string>`${rollbacks.plan} #>> '{to,number}'`,
      requestedBy: users.name,
    })
    .from(rollbacks)
    .innerJoin(users, eq(users.id, rollbacks.requestedBy))
    .where(where)
    .orderBy(desc(rollbacks.id))
    .limit(PAGE_SIZE)
    .offset((input.page - 1) * PAGE_SIZE);
  const [found] = await ctx.db.select({ n: count() }).from(rollbacks).where(where);
  const total = found?.n ?? 0;
  const people = await ctx.db
    .selectDistinct({ id: users.id, name: users.name })
    .from(rollbacks)
    .innerJoin(users, eq(users.id, rollbacks.requestedBy))
    .orderBy(users.name);
  return {
    lines: rows.map(({ rollback, ...line }) => ({
      label: rollbackLabel(rollback.id),
      target: rollback.target,
      environment: rollback.environment as Environment,
      fromNumber: line.fromNumber,
      toNumber: line.toNumber,
      status: rollback.status,
      outcome: rollback.outcome,
      reason: rollback.reason,
      incident: rollback.incident,
      requestedBy: line.requestedBy,
      createdAt: new Date(rollback.createdAt).toISOString(),
      stepsDone: rollback.stepsDone,
      stepsTotal: rollback.stepsTotal,
    })),
    total,
    pages: Math.max(1, Math.ceil(total / PAGE_SIZE)),
    counts: await countByStatus(ctx),
    people,
  };
}

function filtersOf(input: z.infer<typeof listRollbacksInput>): SQL[] {
  const filters: (SQL | undefined)[] = [
    input.status.length > 0 ? inArray(rollbacks.status, input.status) : undefined,
    input.target ? eq(rollbacks.target, input.target) : undefined,
    input.person ? eq(rollbacks.requestedBy, input.person) : undefined,
  ];
  if (input.text) {
    const pattern = `%${input.text.replace(/[\\%_]/g, '\\$&')}%`;
    const number = parseRollbackLabel(input.text.trim().toUpperCase());
    filters.push(
      or(
        ilike(rollbacks.reason, pattern),
        ilike(rollbacks.incident, pattern),
        number === undefined ? undefined : eq(rollbacks.id, number),
      ),
    );
  }
  return filters.filter((filter): filter is SQL => filter !== undefined);
}

/** How many rollbacks are in each status: for the navigation and the tabs. */
export async function countByStatus(
  ctx: Pick<Ctx, 'db'>,
): Promise<Partial<Record<RollbackStatus, number>>> {
  const rows = await ctx.db
    .select({ status: rollbacks.status, n: count() })
    .from(rollbacks)
    .groupBy(rollbacks.status);
  return Object.fromEntries(rows.map((row) => [row.status, row.n]));
}
