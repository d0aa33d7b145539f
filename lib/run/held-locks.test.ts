import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { heldInWords } from './held-locks';

const MODES = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
];

const asInCatalog = (mode: string) =>
  `${mode
    .toLowerCase()
    .split(' ')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}Lock`;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('what a blocker holds', () => {
  it('is named where the server itself says that it conflicts, for every pair of modes', async () => {
    const [holder, other] = [await database.connect(), await database.connect()];
    await holder.query('CREATE TABLE t ()');
    for (const held of MODES) {
      for (const wanted of MODES) {
        await holder.query(`BEGIN; LOCK TABLE t IN ${held} MODE`);
        const waits = await other
          .query(`BEGIN; LOCK TABLE t IN ${wanted} MODE NOWAIT`)
          .then(() => false)
          .catch((error: { code: string }) => error.code === '55P03');
        await other.query('ROLLBACK');
        await holder.query('ROLLBACK');
        const words = heldInWords([
          {
            type: 'relation',
            mode: asInCatalog(held),
            wanted: asInCatalog(wanted),
            relation: 'public.t',
          },
        ]);
        expect({ held, wanted, words }).toEqual({
          held,
          wanted,
          words: waits ? [`${held} on public.t`] : [],
        });
      }
    }
    await Promise.all([holder.end(), other.end()]);
  });

  it('is named once, and in words where it is no table', () => {
    const lock = { mode: 'ExclusiveLock', wanted: 'ShareLock', relation: null };
    expect(
      heldInWords([
        { ...lock, type: 'transactionid' },
        { ...lock, type: 'transactionid' },
        { ...lock, type: 'virtualxid' },
        { ...lock, type: 'advisory' },
        { ...lock, type: 'extend', relation: 'public.t' },
        { ...lock, type: 'tuple', relation: 'public.t' },
      ]),
    ).toEqual([
      'EXCLUSIVE on public.t',
      'a row of public.t',
      'a transaction that is older than this statement',
      'an advisory lock',
      'rows that its open transaction has changed',
    ]);
  });
});
