import { asc, eq } from 'drizzle-orm';
import { type Ctx, readEvents, tables } from '@/lib/control';
import type { Actor } from '@/lib/core/actor';
import type { TargetConfig } from '@/lib/core/policy';
import type { RollbackStatus } from '@/lib/core/rollback';
import {
  createSampleTarget,
  type SampleMigration,
  type SampleTarget,
  SHOP,
} from '@/lib/folders/sample-target.fixture';
import { createSampleControl, type SampleControl } from '@/lib/migrations/sample-control.fixture';
import { queueRehearsal } from '@/lib/rehearsal';
import { createRollback } from '.';

export const DEPS = { queueRehearsal };

/** One control database for a test file, and a fresh shop for each test. */
export interface PlanRoom {
  room: SampleControl;
  /** A shop with all four migrations applied, on a target of its own name. */
  shop(
    change?: Partial<TargetConfig>,
    migrations?: readonly SampleMigration[],
  ): Promise<SampleTarget>;
  /** Creates a rollback that undoes the newest two migrations. */
  plan(sample: SampleTarget): Promise<{ id: number; label: string; ctx: Ctx }>;
  row(id: number): Promise<typeof tables.rollbacks.$inferSelect>;
  eventKinds(id: number): Promise<string[]>;
  /** Audit rows about a rollback, oldest first. */
  audit(label: string): Promise<(typeof tables.auditLog.$inferSelect)[]>;
  /** Writes a status past every rule but the database's own. */
  force(id: number, ...path: RollbackStatus[]): Promise<void>;
  /** An approval as a reviewer would leave it. */
  approve(id: number, reviewer: Actor): Promise<void>;
  dispose(): Promise<void>;
}

export async function createPlanRoom(): Promise<PlanRoom> {
  const room = await createSampleControl();
  const { db } = room.control;
  const samples: SampleTarget[] = [];
  const row = async (id: number) => {
    const [found] = await db.select().from(tables.rollbacks).where(eq(tables.rollbacks.id, id));
    if (!found) throw new Error(`rollback ${id} is not there`);
    return found;
  };
  return {
    room,
    row,
    async shop(change = {}, migrations = SHOP) {
      const sample = await createSampleTarget(migrations, {
        name: `shop-${samples.length + 1}`,
        ...change,
      });
      samples.push(sample);
      await sample.migrate();
      return sample;
    },
    async plan({ target }) {
      const ctx = room.as(room.people.on_call, target);
      const input = { target: target.name, to: '0001_orders', reason: 'Orders are slow' };
      return { ...(await createRollback(ctx, input, DEPS)), ctx };
    },
    eventKinds: async (id) => (await readEvents({ db }, id)).map((event) => event.kind),
    audit: (label) =>
      db
        .select()
        .from(tables.auditLog)
        .where(eq(tables.auditLog.subject, label))
        .orderBy(asc(tables.auditLog.seq)),
    async force(id, ...path) {
      for (const status of path) {
        await db.update(tables.rollbacks).set({ status }).where(eq(tables.rollbacks.id, id));
      }
    },
    async approve(id, reviewer) {
      const { planDigest } = await row(id);
      await db.insert(tables.approvals).values({
        rollbackId: id,
        digest: planDigest,
        decision: 'approved',
        comment: 'read it',
        decidedBy: reviewer.id,
      });
    },
    async dispose() {
      await room.dispose();
      await Promise.all(samples.map((sample) => sample.dispose()));
    },
  };
}
