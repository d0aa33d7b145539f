import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import { type PlannedRollback, planRollback } from '@/lib/testing/planned-rollback';
import { requestRehearsal } from '.';
import { auditOf, eventsOf, MIGRATIONS } from './rehearsal.test-setup';

let planned: PlannedRollback;
beforeEach(async () => {
  planned = await planRollback({ migrations: MIGRATIONS, undo: 1 });
});
afterEach(() => planned.close());

describe('asking for a rehearsal', () => {
  it('leaves a row for the pinned digest, an event, an audit row and a job together', async () => {
    const { rehearsalId } = await requestRehearsal(planned.as(planned.people.reviewer), {
      rollback: planned.label,
    });
    const [rollback] = await planned.control.db.select().from(tables.rollbacks);
    expect(await planned.control.db.select().from(tables.rehearsals)).toMatchObject([
      { id: rehearsalId, state: 'queued', digest: rollback?.planDigest },
    ]);
    expect(await eventsOf(planned, 'rehearsal.queued')).toMatchObject([
      { payload: { rehearsalId } },
    ]);
    expect(await auditOf(planned)).toMatchObject([
      { action: 'rehearsal.request', outcome: 'done', subject: planned.label },
    ]);
    const jobs = await planned.control.db.execute(
      sql`SELECT task_identifier AS task FROM graphile_worker.jobs`,
    );
    expect(jobs.rows).toEqual([{ task: 'rehearse' }]);
  });

  it('is refused to an auditor', async () => {
    await expect(
      requestRehearsal(planned.as(planned.people.auditor), { rollback: planned.label }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    expect(await planned.control.db.select().from(tables.rehearsals)).toEqual([]);
  });

  it('is refused while one is going on', async () => {
    const ctx = planned.as(planned.people.on_call);
    await requestRehearsal(ctx, { rollback: planned.label });
    await expect(requestRehearsal(ctx, { rollback: planned.label })).rejects.toMatchObject({
      code: 'gate_closed',
      message: 'A rehearsal is running.',
    });
    expect(await planned.control.db.select().from(tables.rehearsals)).toHaveLength(1);
  });
});
