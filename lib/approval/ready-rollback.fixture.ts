import { eq } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';
import { pastGuards } from '@/lib/control/testing/fixture';
import type { Actor } from '@/lib/core/actor';
import type { Plan, PlanChange } from '@/lib/core/plan';
import { DEFAULT_POLICY, type Policy, type TargetConfig } from '@/lib/core/policy';
import { type RollbackStatus, rollbackLabel } from '@/lib/core/rollback';
import {
  addPerson,
  createSampleControl,
  type SampleControl,
} from '@/lib/migrations/sample-control.fixture';
import { NO_IMPACT, NOTHING_PENDING } from '@/lib/testing/evidence';
import type { ApprovalDeps } from '.';

export const DIGEST = 'd'.repeat(64);
const HASH = 'a'.repeat(64);

/** A plan of one step that nobody will run. */
export const PLAN: Plan = {
  target: 'a-target',
  database: { systemIdentifier: '1', name: 'app', serverVersionNum: 150_018 },
  tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
  from: { tag: '0035_fix_timestamps', number: '0035' },
  to: { tag: '0034_add_rooms', number: '0034' },
  steps: [],
  rows: [],
  replay: [],
  layout: 'journal',
  forecast: { before: NOTHING_PENDING, after: NOTHING_PENDING },
  schemaFingerprint: HASH,
};

/** A comparison that finds these changes, and keeps them as the real one does. */
export const comparing = (...changes: PlanChange[]): ApprovalDeps => ({
  async checkPlan(ctx, rollbackId) {
    const check = { checkedAt: new Date().toISOString(), changes };
    await ctx.db
      .update(tables.rollbacks)
      .set({ planCheck: check })
      .where(eq(tables.rollbacks.id, rollbackId));
    return check;
  },
});
export const unchanged = comparing();

export interface ReadyRollback {
  id: number;
  label: string;
  target: TargetConfig;
  /** What a verb gets when this person calls it. */
  as(actor: Actor): Ctx;
  row(): Promise<typeof tables.rollbacks.$inferSelect>;
  approvals(): Promise<(typeof tables.approvals.$inferSelect)[]>;
  /** Audit rows about it, oldest first: action and outcome. */
  history(): Promise<[string, string][]>;
}

/** A control database for tests in which rollbacks appear at the step where the test begins. */
export interface ReadyRoom extends SampleControl {
  another(role: Parameters<typeof addPerson>[1]): ReturnType<typeof addPerson>;
  /** A rollback, asked for by `people.on_call`, with its rehearsal passed and its backup confirmed. */
  rollback(more?: {
    status?: RollbackStatus;
    policy?: Partial<Policy>;
    target?: Partial<TargetConfig>;
    plan?: Partial<Plan>;
    reason?: string;
    incident?: string;
    requestedBy?: string;
  }): Promise<ReadyRollback>;
}

export async function createReadyRoom(): Promise<ReadyRoom> {
  const room = await createSampleControl();
  const { db } = room.control;
  let count = 0;
  return {
    ...room,
    another: (role) => addPerson(room.control, role),
    async rollback(more = {}) {
      count += 1;
      const target = targetOf(`target-${count}`, more.policy, more.target);
      const [inserted] = await pastGuards(room.control, (past) =>
        past
          .insert(tables.rollbacks)
          .values({
            target: target.name,
            environment: target.environment,
            reason: more.reason ?? 'Orders are slow',
            incident: more.incident ?? null,
            requestedBy: more.requestedBy ?? room.people.on_call.id,
            status: more.status ?? 'draft',
            plan: { ...PLAN, ...more.plan },
            planDigest: DIGEST,
            stepsTotal: 1,
            ...(more.status === 'awaiting_approval'
              ? { approvalRequestedAt: new Date().toISOString() }
              : {}),
          })
          .returning({ id: tables.rollbacks.id }),
      );
      if (!inserted) throw new Error('the rollback was not inserted');
      const { id } = inserted;
      await addEvidence(room, id, target.name);
      const label = rollbackLabel(id);
      return {
        id,
        label,
        target,
        as: (actor) => room.as(actor, target),
        async row() {
          const [row] = await db.select().from(tables.rollbacks).where(eq(tables.rollbacks.id, id));
          if (!row) throw new Error(`${label} is not there`);
          return row;
        },
        approvals: () =>
          db.select().from(tables.approvals).where(eq(tables.approvals.rollbackId, id)),
        async history() {
          const rows = await db
            .select()
            .from(tables.auditLog)
            .where(eq(tables.auditLog.subject, label))
            .orderBy(tables.auditLog.seq);
          return rows.map((row) => [row.action, row.outcome]);
        },
      };
    },
  };
}

function targetOf(
  name: string,
  policy: Partial<Policy> = {},
  more: Partial<TargetConfig> = {},
): TargetConfig {
  return {
    name,
    environment: 'production',
    url: 'postgres://writer:a-secret@db.example.com:5433/app',
    readUrl: 'postgres://reader:a-secret@db.example.com:5433/app',
    migrations: '/srv/drizzle',
    rollbacks: '/srv/rollback-sql',
    rollbackPattern: undefined,
    tracking: PLAN.tracking,
    foundation: undefined,
    bootstrap: undefined,
    releases: [],
    ...more,
    policy: { ...DEFAULT_POLICY, ...policy },
  };
}

async function addEvidence(room: SampleControl, rollbackId: number, target: string): Promise<void> {
  const at = new Date().toISOString();
  await room.control.db.insert(tables.rehearsals).values({
    rollbackId,
    digest: DIGEST,
    state: 'passed',
    result: {
      mode: 'replay',
      cloneReason: null,
      proofs: [],
      impact: NO_IMPACT,
      serverVersionNum: 150_018,
      objectsCompared: 1,
      fingerprintBefore: HASH,
      drift: [],
      steps: [],
      replayMs: 1,
      totalMs: 1,
    },
  });
  await room.control.db.insert(tables.backups).values({
    rollbackId,
    target,
    method: 'pg_dump',
    level: 'read',
    state: 'passed',
    takenBy: room.people.on_call.id,
    snapshotAt: at,
    location: '/srv/backups/b',
    manifestSha256: HASH,
    manifest: {
      format: 'backstep-manifest-1',
      target,
      database: PLAN.database,
      head: null,
      trackingRows: 0,
      schemaFingerprint: HASH,
      tool: 'pg_dump 15.18',
      files: [],
    },
  });
}
