import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '@/lib/control';
import { ANONYMOUS } from '@/lib/core/actor';
import { createSampleControl, type SampleControl } from '@/lib/migrations/sample-control.fixture';
import { appendAudit, verifyChain } from '.';

let room: SampleControl;

beforeAll(async () => {
  room = await createSampleControl();
});
afterAll(() => room.dispose());

/** What somebody with the database's superuser can do: past the trigger that refuses changes. */
async function tamper(...statements: string[]): Promise<void> {
  const client = await room.control.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    for (const statement of statements) await client.query(statement);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

const verify = () => verifyChain(room.as(room.people.auditor));

beforeEach(async () => {
  await tamper('TRUNCATE backstep.audit_log', 'DELETE FROM backstep.settings');
  for (let index = 1; index <= 5; index++) {
    await inTransaction(room.as(room.people.admin), (tx) =>
      appendAudit(tx, {
        action: 'person.add',
        subject: `person ${index}`,
        target: 'a-target',
        outcome: 'done',
        payload: { index, nested: { list: [1, 2] } },
      }),
    );
  }
});

describe('verifyChain', () => {
  it('finds an untouched chain whole', async () => {
    const { rows } = await room.control.pool.query(
      'SELECT hash FROM backstep.audit_log WHERE seq = 5',
    );
    expect(await verify()).toEqual({ ok: true, count: 5, lastSeq: 5, lastHash: rows[0]?.hash });
  });

  it('finds an empty chain whole', async () => {
    await tamper('TRUNCATE backstep.audit_log', 'DELETE FROM backstep.settings');
    expect(await verify()).toMatchObject({ ok: true, count: 0 });
  });

  it('passes over the edge of a batch', async () => {
    await inTransaction(room.as(room.people.admin), async (tx) => {
      for (let index = 0; index < 1_001; index++) {
        await appendAudit(tx, { action: 'history.export', outcome: 'done' });
      }
    });
    expect(await verify()).toMatchObject({ ok: true, count: 1_006 });
    await tamper("UPDATE backstep.audit_log SET subject = 'x' WHERE seq = 1001");
    expect(await verify()).toMatchObject({ ok: false, count: 1_000, brokenAt: { seq: 1_001 } });
  });

  it.each([
    "at = at + interval '1 microsecond'",
    "at = at + interval '1 day'",
    "at = 'infinity'",
    "actor_id = 'somebody'",
    "actor_name = actor_name || ' '",
    "actor_role = 'reviewer'",
    "action = 'person.update'",
    'subject = NULL',
    "subject = 'PERSON 3'",
    "target = 'another'",
    "outcome = 'refused'",
    `payload = payload || '{"index": 30}'`,
    `payload = jsonb_set(payload, '{nested,list,0}', '2')`,
    "payload = payload - 'index'",
    `payload = payload || '{"more": null}'`,
    "request_id = 'another'",
    "hash = repeat('a', 64)",
  ])('finds the row with %s', async (change) => {
    await tamper(`UPDATE backstep.audit_log SET ${change} WHERE seq = 3`);
    expect(await verify()).toMatchObject({
      ok: false,
      count: 2,
      lastSeq: 2,
      brokenAt: { seq: 3, why: 'Row 3 was changed after it was written.' },
    });
  });

  it('finds a row that points elsewhere', async () => {
    await tamper("UPDATE backstep.audit_log SET prev_hash = repeat('a', 64) WHERE seq = 3");
    expect((await verify()).brokenAt).toEqual({
      seq: 3,
      why: 'Row 3 does not follow the one before.',
    });
  });

  it.each([
    [
      'the first row is deleted',
      'DELETE FROM backstep.audit_log WHERE seq = 1',
      1,
      'Row 1 is missing.',
    ],
    [
      'a middle row is deleted',
      'DELETE FROM backstep.audit_log WHERE seq = 3',
      3,
      'Row 3 is missing.',
    ],
    [
      'the last row is deleted',
      'DELETE FROM backstep.audit_log WHERE seq = 5',
      5,
      'Row 5 was removed from the end.',
    ],
    [
      'the end is deleted',
      'DELETE FROM backstep.audit_log WHERE seq > 3',
      4,
      'Rows 4 to 5 were removed from the end.',
    ],
    [
      'everything is deleted',
      'TRUNCATE backstep.audit_log',
      1,
      'Rows 1 to 5 were removed from the end.',
    ],
    [
      'a row is put in before the first',
      'INSERT INTO backstep.audit_log SELECT 0, at, actor_id, actor_name, actor_role, action, subject, target, outcome, payload, request_id, prev_hash, hash FROM backstep.audit_log WHERE seq = 1',
      0,
      'Row 0 was not written by Backstep.',
    ],
    [
      'the head is cut down with the end',
      "DELETE FROM backstep.settings WHERE key = 'audit_head'",
      5,
      'The number and hash of the last row, kept beside the chain, are gone.',
    ],
  ])('tells when %s', async (_name, statement, seq, why) => {
    await tamper(statement);
    expect(await verify()).toMatchObject({ ok: false, brokenAt: { seq, why } });
  });

  it('tells when two rows change places', async () => {
    await tamper(
      'UPDATE backstep.audit_log SET seq = 100 WHERE seq = 2',
      'UPDATE backstep.audit_log SET seq = 2 WHERE seq = 3',
      'UPDATE backstep.audit_log SET seq = 3 WHERE seq = 100',
    );
    expect(await verify()).toMatchObject({ ok: false, brokenAt: { seq: 2 } });
  });

  it('tells when the end was written anew in a way that fits', async () => {
    // The forger has Backstep itself write another fifth row, and puts the old head back.
    await tamper(
      'CREATE TABLE kept AS SELECT * FROM backstep.settings',
      'DELETE FROM backstep.audit_log WHERE seq = 5',
    );
    await inTransaction(room.as(room.people.admin), (tx) =>
      appendAudit(tx, { action: 'person.add', subject: 'somebody else', outcome: 'done' }),
    );
    await tamper(
      'DELETE FROM backstep.settings',
      'INSERT INTO backstep.settings SELECT * FROM kept',
      'DROP TABLE kept',
    );
    expect((await verify()).brokenAt).toEqual({
      seq: 5,
      why: 'Row 5 is not the one that was written last.',
    });
  });

  it('tells when a row that fits was put behind the last', async () => {
    await tamper('CREATE TABLE kept AS SELECT * FROM backstep.settings');
    await inTransaction(room.as(room.people.admin), (tx) =>
      appendAudit(tx, { action: 'person.add', subject: 'somebody else', outcome: 'done' }),
    );
    await tamper(
      'DELETE FROM backstep.settings',
      'INSERT INTO backstep.settings SELECT * FROM kept',
      'DROP TABLE kept',
    );
    expect((await verify()).brokenAt).toEqual({
      seq: 6,
      why: 'Row 6 was not written by Backstep.',
    });
  });

  it('sees one moment, however many append meanwhile', async () => {
    const ctx = room.as(room.people.admin);
    const appends = Array.from({ length: 30 }, () =>
      inTransaction(ctx, (tx) => appendAudit(tx, { action: 'person.add', outcome: 'done' })),
    );
    const verdicts = await Promise.all(Array.from({ length: 10 }, () => verify()));
    await Promise.all(appends);
    expect(verdicts.filter((verdict) => !verdict.ok)).toEqual([]);
    expect(await verify()).toMatchObject({ ok: true, count: 35 });
  });

  it('refuses whoever may not read', async () => {
    await expect(verifyChain(room.as(ANONYMOUS))).rejects.toMatchObject({ code: 'forbidden' });
  });
});

it('an append can’t be undone with the rights of Backstep itself', async () => {
  for (const statement of [
    "UPDATE backstep.audit_log SET subject = 'x'",
    'DELETE FROM backstep.audit_log WHERE seq = 5',
    'TRUNCATE backstep.audit_log',
  ]) {
    await expect(room.control.pool.query(statement)).rejects.toMatchObject({ code: '42501' });
  }
});
