import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { type Control, executeTogether, inTransaction, openControl } from '.';
import { testContext } from './testing/fixture';

let database: TestDatabase;
let control: Control;

beforeAll(async () => {
  database = await createTestDatabase();
  control = openControl(database.url, { max: 1 });
  await control.pool.query('CREATE TABLE notes (n int PRIMARY KEY, text text)');
});

afterAll(async () => {
  await control.close();
  await database.drop();
});

const notes = async () => (await control.pool.query('SELECT n, text FROM notes ORDER BY n')).rows;
const insert = (n: number, text: string) => sql`INSERT INTO notes VALUES (${n}, ${text})`;
const count = sql`SELECT count(*)::int AS n FROM notes`;

describe('statements in one message', () => {
  it('are answered one by one, each seeing what those before it have done', async () => {
    const answers = await executeTogether(control, [count, insert(1, 'one'), count]);
    expect(answers.map(({ rows }) => rows)).toEqual([[{ n: 0 }], [], [{ n: 1 }]]);
    expect(await executeTogether(control, [count])).toMatchObject([{ rows: [{ n: 1 }] }]);
  });

  it('happen all or not at all, and leave the connection as it was', async () => {
    const before = await notes();
    await expect(
      executeTogether(control, [insert(2, 'two'), insert(1, 'again')]),
    ).rejects.toThrow();
    // The pool has one connection only.
    expect(await notes()).toEqual(before);
  });

  it('are part of the transaction that they are sent in', async () => {
    const before = await notes();
    const broken = inTransaction(testContext(control), async (tx) => {
      await executeTogether(tx, [insert(3, 'three'), count]);
      throw new Error('undone');
    });
    await expect(broken).rejects.toThrow('undone');
    expect(await notes()).toEqual(before);
  });

  it('take any text as it is', async () => {
    const odd = `'); DROP TABLE notes; -- \\' $1 "x" ü \n`;
    await executeTogether(control, [insert(4, odd), count]);
    expect(await notes()).toContainEqual({ n: 4, text: odd });
  });
});
