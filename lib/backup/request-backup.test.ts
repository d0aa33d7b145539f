import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { requestBackup } from '.';
import { auditOf, eventsOf, planBackup } from './backup.test-setup';

let planned: PlannedRollback;
beforeEach(async () => {
  planned = await planBackup();
});
afterEach(() => planned.close());

const jobs = async () =>
  (
    await planned.control.db.execute<{ task: string }>(
      sql`SELECT task_identifier AS task FROM graphile_worker.jobs`,
    )
  ).rows;

describe('asking for a backup', () => {
  it('leaves a row, an event, an audit row and a job together', async () => {
    const { backupId, label } = await requestBackup(planned.as(planned.people.on_call), {
      rollback: planned.label,
    });
    expect(label).toBe('B-0001');
    const [row] = await planned.control.db.select().from(tables.backups);
    expect(row).toMatchObject({
      id: backupId,
      rollbackId: planned.rollbackId,
      target: planned.target.name,
      state: 'queued',
      takenBy: planned.people.on_call.id,
    });
    expect(await eventsOf(planned, 'backup.queued')).toMatchObject([{ payload: { backupId } }]);
    expect(await auditOf(planned)).toMatchObject([
      { action: 'backup.request', outcome: 'done', subject: planned.label },
    ]);
    expect(await jobs()).toEqual([{ task: 'take_backup' }]);
  });

  it.each(['reviewer', 'auditor'] as const)('is refused to a %s', async (role) => {
    await expect(
      requestBackup(planned.as(planned.people[role]), { rollback: planned.label }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    expect(await planned.control.db.select().from(tables.backups)).toEqual([]);
    expect(await jobs()).toEqual([]);
  });

  it('goes to exactly one of two people who press at once', async () => {
    const results = await Promise.allSettled(
      [planned.people.on_call, planned.people.admin].map((person) =>
        requestBackup(planned.as(person), { rollback: planned.label }),
      ),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({
      code: 'gate_closed',
      message: 'A backup is being taken.',
    });
    expect(await jobs()).toHaveLength(1);
  });

  it('names what is wrong with the label of a rollback', async () => {
    const ctx = planned.as(planned.people.on_call);
    await expect(requestBackup(ctx, { rollback: 'RB-1' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(requestBackup(ctx, { rollback: 'RB-9999' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
