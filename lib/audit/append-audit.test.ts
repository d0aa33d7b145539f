import { asc } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction, tables } from '@/lib/control';
import { createSampleControl, type SampleControl } from '@/lib/migrations/sample-control.fixture';
import { type AuditInput, appendAudit, verifyChain } from '.';

let room: SampleControl;

beforeAll(async () => {
  room = await createSampleControl();
});
afterAll(() => room.dispose());

const rows = () => room.control.db.select().from(tables.auditLog).orderBy(asc(tables.auditLog.seq));

function append(input: Partial<AuditInput> = {}): Promise<void> {
  return inTransaction(room.as(room.people.admin), (tx) =>
    appendAudit(tx, { action: 'person.add', outcome: 'done', ...input }),
  );
}

/** Appends a payload and gives what the log holds of it, with the verdict on the whole chain. */
async function appended(payload: Record<string, unknown>) {
  await append({ payload });
  const last = (await rows()).at(-1);
  return { payload: last?.payload, verdict: await verifyChain(room.as(room.people.auditor)) };
}

describe('appendAudit', () => {
  it('numbers from 1 without gap, each row holding the hash of the one before', async () => {
    for (let index = 0; index < 5; index++) await append({ subject: `person ${index}` });
    const log = await rows();
    expect(log.map((row) => row.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(log[0]?.prevHash).toBe('0'.repeat(64));
    expect(log.slice(1).map((row) => row.prevHash)).toEqual(
      log.slice(0, -1).map((row) => row.hash),
    );
  });

  it('keeps who did it, as they were then', async () => {
    await append({ target: 'a-target', payload: { role: 'auditor' } });
    const { id, name } = room.people.admin;
    expect((await rows()).at(-1)).toMatchObject({
      actorId: id,
      actorName: name,
      actorRole: 'admin',
      action: 'person.add',
      subject: null,
      target: 'a-target',
      payload: { role: 'auditor' },
    });
  });

  it('stays gapless and in order with 50 writers at once', async () => {
    const before = (await rows()).length;
    await Promise.all(Array.from({ length: 50 }, (_, n) => append({ subject: `writer ${n}` })));
    const log = await rows();
    expect(log.slice(before).map((row) => row.seq)).toEqual(
      Array.from({ length: 50 }, (_, n) => before + n + 1),
    );
    const times = log.map((row) => Date.parse(row.at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(await verifyChain(room.as(room.people.auditor))).toMatchObject({
      ok: true,
      count: before + 50,
    });
  });

  it('leaves no row and no gap when what it tells of is undone', async () => {
    const before = await rows();
    const undone = inTransaction(room.as(room.people.admin), async (tx) => {
      await appendAudit(tx, { action: 'person.add', outcome: 'done' });
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    expect(await rows()).toEqual(before);
    await append();
    expect((await rows()).map((row) => row.seq)).toEqual(
      Array.from({ length: before.length + 1 }, (_, n) => n + 1),
    );
    expect((await verifyChain(room.as(room.people.auditor))).ok).toBe(true);
  });

  it('refuses to write without a transaction, where its lock would be gone at once', async () => {
    const before = await rows();
    await expect(
      appendAudit(room.as(room.people.admin), { action: 'person.add', outcome: 'done' }),
    ).rejects.toThrow('in a transaction');
    expect(await rows()).toEqual(before);
  });
});

describe('a payload', () => {
  it.each<[string, Record<string, unknown>, unknown]>([
    [
      'without undefined',
      { a: undefined, b: { c: undefined, d: [undefined] } },
      { b: { d: [null] } },
    ],
    [
      'with numbers',
      { a: 1.1, b: 1e21, c: -0, d: 5e-324, e: 1.7976931348623157e308 },
      {
        a: 1.1,
        b: 1e21,
        c: 0,
        d: 5e-324,
        e: 1.7976931348623157e308,
      },
    ],
    ['with a date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    [
      'with other alphabets',
      { ключ: 'Zoë 🚀 \u2028', z: 'é', é: 'z' },
      {
        ключ: 'Zoë 🚀 \u2028',
        z: 'é',
        é: 'z',
      },
    ],
    [
      'with keys that mean something else',
      JSON.parse('{"__proto__":{"a":1},"length":2}'),
      JSON.parse('{"__proto__":{"a":1},"length":2}'),
    ],
    [
      'with what PostgreSQL can’t hold',
      { a: 'x\0y', 'k\0': ['\ud800', '\udc00'] },
      {
        a: 'x\uFFFDy',
        'k\uFFFD': ['\uFFFD', '\uFFFD'],
      },
    ],
  ])('%s reads as it was hashed', async (_name, payload, kept) => {
    const found = await appended(payload);
    expect(found.payload).toEqual(kept);
    expect(found.verdict.ok).toBe(true);
  });

  it('of any JSON keeps the chain whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })),
        async (payload) => (await appended(payload)).verdict.ok,
      ),
      { numRuns: 40 },
    );
  });
});

it('a subject that nobody could have typed keeps the chain whole', async () => {
  await append({ subject: '\ud800\0@example.com', target: '\udfff' });
  expect((await rows()).at(-1)).toMatchObject({
    subject: '\uFFFD\uFFFD@example.com',
    target: '\uFFFD',
  });
  expect((await verifyChain(room.as(room.people.auditor))).ok).toBe(true);
});
