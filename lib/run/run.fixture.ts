import { desc, eq, sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { type Ctx, loadFacts, readEvents, systemContext, tables } from '@/lib/control';
import type { TargetConfig } from '@/lib/core/policy';
import { findClientTool } from '@/lib/embedded';
import type { SampleMigration, SampleTarget } from '@/lib/folders/sample-target.fixture';
import { checkPlan } from '@/lib/plan';
import { createPlanRoom, type PlanRoom } from '@/lib/plan/plan-room.fixture';
import { rehearse } from '@/lib/rehearsal';
import { adminUrl } from '@/lib/testing/database';
import { allExact } from '@/lib/testing/evidence';
import { performRun, type RunDeps, resumeRun, startRun } from '.';

export const EXECUTOR = '00000000-0000-4000-8000-00000000e001';

/** An approved rollback of the newest two migrations, with everything that a run asks for. */
export interface ReadyRollback {
  sample: SampleTarget;
  id: number;
  label: string;
  /** The on-call engineer's context. */
  ctx: Ctx;
  /** Backstep's own. */
  system: Ctx;
  /** Presses Run and performs the run. */
  run(more?: Partial<RunDeps>, mode?: RunMode): Promise<void>;
  resume(more?: Partial<RunDeps>, mode?: RunMode): Promise<void>;
  /** Presses Run, and no executor takes it. @returns the run's id */
  press(mode?: RunMode): Promise<number>;
  /** Performs what `press` has queued. */
  perform(run: number, more?: Partial<RunDeps>): Promise<void>;
  state(): Promise<typeof tables.rollbacks.$inferSelect>;
  kinds(): Promise<string[]>;
  columns(table: string): Promise<string[]>;
  trackingRows(): Promise<number>;
}

/** What a person chooses beside Run. */
export interface RunMode {
  allOrNothing?: boolean;
  rescue?: boolean;
}

export interface RunRoom {
  room: PlanRoom;
  ready(
    change?: Partial<TargetConfig>,
    prepare?: (sample: SampleTarget) => Promise<void>,
    migrations?: readonly SampleMigration[],
  ): Promise<ReadyRollback>;
  dispose(): Promise<void>;
}

/** The other rooms' parts in a run. A backup is confirmed by lib/backup's own tests. */
export const DEPS: RunDeps = {
  executorId: EXECUTOR,
  executorName: 'test',
  checkPlan,
  confirmBackup: async () => ({ ok: true }),
  pause: async () => undefined,
};

export async function createRunRoom(): Promise<RunRoom> {
  const room = await createPlanRoom();
  return {
    room,
    dispose: () => room.dispose(),
    async ready(change = {}, prepare, migrations) {
      const sample = await room.shop(change, migrations);
      await prepare?.(sample);
      const { id, label, ctx } = await room.plan(sample);
      const system: Ctx = { ...systemContext(room.room.control, ctx.config) };
      await passEvidence(room, system, id);
      const digest = (await room.row(id)).planDigest;
      const input = { rollback: label, digest, confirm: sample.target.name };
      const perform = async (runId: number, more: Partial<RunDeps> = {}) =>
        performRun(system, runId, { ...DEPS, ...more });
      return {
        sample,
        id,
        label,
        ctx,
        system,
        perform,
        press: async (mode) => (await startRun(ctx, { ...input, ...mode })).run,
        run: async (more, mode) => perform((await startRun(ctx, { ...input, ...mode })).run, more),
        resume: async (more, mode) =>
          perform((await resumeRun(ctx, { ...input, ...mode })).run, more),
        state: () => room.row(id),
        kinds: async () => (await readEvents(system, id)).map((event) => event.kind),
        columns: (table) => columnsOf(sample, table),
        trackingRows: () => countRows(sample),
      };
    },
  };
}

async function passEvidence(room: PlanRoom, system: Ctx, id: number): Promise<void> {
  const { db } = room.room.control;
  const [queued] = await db
    .select({ id: tables.rehearsals.id })
    .from(tables.rehearsals)
    .where(eq(tables.rehearsals.rollbackId, id));
  await rehearse(
    system,
    { rehearsalId: queued?.id ?? 0 },
    {
      executorId: EXECUTOR,
      scratchUrl: adminUrl(),
      signal: new AbortController().signal,
      proveSteps: allExact,
      findTool: findClientTool,
    },
  );
  const { input, row: planned } = await loadFacts(system, id);
  for (const { key } of input.dangers) {
    await db.insert(tables.acknowledgements).values({
      rollbackId: id,
      digest: planned.planDigest,
      key,
      acknowledgedBy: planned.requestedBy,
    });
  }
  const row = await room.row(id);
  await db.insert(tables.backups).values({
    rollbackId: id,
    target: row.target,
    method: 'pg_dump',
    state: 'passed',
    level: 'read',
    takenBy: row.requestedBy,
    snapshotAt: new Date().toISOString(),
    location: '/nowhere',
    manifestSha256: 'sha',
    manifest: {
      format: 'backstep-manifest-1',
      target: row.target,
      database: row.plan.database,
      head: row.plan.from.tag,
      trackingRows: row.plan.rows.length,
      schemaFingerprint: row.plan.schemaFingerprint,
      tool: 'pg_dump',
      files: [],
    },
  });
  await room.approve(id, room.room.people.reviewer);
  await room.force(id, 'awaiting_approval', 'approved');
}

async function columnsOf(sample: SampleTarget, table: string): Promise<string[]> {
  const client = await sample.database.connect();
  const { rows } = await client.query<{ column_name: string }>(
    'SELECT column_name FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position',
    [table],
  );
  await client.end();
  return rows.map((row) => row.column_name);
}

async function countRows(sample: SampleTarget): Promise<number> {
  const client = await sample.database.connect();
  const { rows } = await client.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM drizzle.__drizzle_migrations',
  );
  await client.end();
  return rows[0]?.n ?? -1;
}

/** A run that its executor has claimed and never came back to. */
export async function abandon(ready: ReadyRollback, mode?: RunMode): Promise<number> {
  const run = await ready.press(mode);
  await ready.system.db
    .update(tables.runs)
    .set({ state: 'running', epoch: 1, startedAt: sql`clock_timestamp()` })
    .where(eq(tables.runs.id, run));
  await lapse(ready, run);
  return run;
}

/** Its owner was last heard an hour ago. */
export async function lapse(ready: ReadyRollback, run: number): Promise<void> {
  await ready.system.db
    .update(tables.runs)
    .set({ heartbeatAt: sql`clock_timestamp() - interval '1 hour'` })
    .where(eq(tables.runs.id, run));
}

/** Waits until the timeline has an event of this kind. */
export async function waitFor(ready: ReadyRollback, kind: string, times = 1): Promise<void> {
  await expect
    .poll(async () => (await ready.kinds()).filter((found) => found === kind).length, {
      timeout: 15_000,
    })
    .toBeGreaterThanOrEqual(times);
}

/** The newest run of a rollback. */
export async function newestRun(ready: ReadyRollback): Promise<number> {
  const [run] = await ready.system.db
    .select({ id: tables.runs.id })
    .from(tables.runs)
    .where(eq(tables.runs.rollbackId, ready.id))
    .orderBy(desc(tables.runs.id))
    .limit(1);
  if (!run) throw new Error('there is no run');
  return run.id;
}

/** What is written down of each step, in run order. */
export function stepsOf(
  ready: ReadyRollback,
): Promise<(typeof tables.rollbackSteps.$inferSelect)[]> {
  return ready.system.db
    .select()
    .from(tables.rollbackSteps)
    .where(eq(tables.rollbackSteps.rollbackId, ready.id))
    .orderBy(tables.rollbackSteps.position);
}
