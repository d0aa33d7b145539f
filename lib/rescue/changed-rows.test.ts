import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser, type PostgresParser } from '@/lib/sql/postgres-parser';
import { changedRows } from './changed-rows';

let parser: PostgresParser;

beforeAll(async () => {
  parser = await loadParser();
});

function read(text: string) {
  const outcome = parser.parse(text);
  const node = outcome.ok ? outcome.statements[0]?.node : undefined;
  if (!node || !('UpdateStmt' in node || 'DeleteStmt' in node))
    throw new Error(`neither UPDATE nor DELETE: ${text}`);
  return changedRows(parser, text, node);
}

describe('the rows that a statement hits, as a SELECT', () => {
  it.each([
    ['DELETE FROM rooms', undefined],
    ["UPDATE rooms SET name = 'where' RETURNING id", undefined],
    [
      'DELETE FROM rooms WHERE id = 3;',
      'SELECT "rooms".tableoid, "rooms".ctid FROM rooms WHERE id = 3',
    ],
    [
      'DELETE FROM ONLY app."Räume" AS r /* using */ USING b JOIN c USING (id) WHERE r.id = b.id -- where\n RETURNING *',
      'SELECT "r".tableoid, "r".ctid FROM ONLY app."Räume" AS r, b JOIN c USING (id) WHERE r.id = b.id',
    ],
    [
      'UPDATE rooms SET a = b IS DISTINCT FROM c FROM x WHERE rooms.d IS DISTINCT FROM x.d',
      'SELECT "rooms".tableoid, "rooms".ctid FROM rooms, x WHERE rooms.d IS DISTINCT FROM x.d',
    ],
    [
      'UPDATE rooms SET a = b IS DISTINCT FROM c WHERE id IN (SELECT id FROM y WHERE z)',
      'SELECT "rooms".tableoid, "rooms".ctid FROM rooms WHERE id IN (SELECT id FROM y WHERE z)',
    ],
    [
      'WITH w AS (SELECT 1 AS id) UPDATE rooms "from" SET (a, b) = (SELECT 1, 2) FROM w WHERE w.id = "from".id',
      'WITH w AS (SELECT 1 AS id) SELECT "from".tableoid, "from".ctid FROM rooms "from", w WHERE w.id = "from".id',
    ],
  ])('%s', (text, select) => {
    const found = read(text);
    expect(found).toBeDefined();
    expect(found?.select?.replaceAll(/\s+/g, ' ')).toBe(select);
  });

  it.each([
    ['another choice each time', 'DELETE FROM rooms WHERE id IN (SELECT id FROM rooms LIMIT 3)'],
    [
      'rows that others hold',
      'DELETE FROM rooms WHERE id IN (SELECT id FROM rooms FOR UPDATE SKIP LOCKED)',
    ],
    ['a sample', 'DELETE FROM rooms USING halls TABLESAMPLE system (5) WHERE rooms.id = halls.id'],
    ['a cursor', 'DELETE FROM rooms WHERE CURRENT OF here'],
    [
      'rows that change on the way',
      'WITH d AS (DELETE FROM a RETURNING id) DELETE FROM rooms USING d WHERE d.id = rooms.id',
    ],
    ['a WITH of the same name', 'WITH rooms AS (SELECT 1 AS id) DELETE FROM rooms'],
  ])('not for %s', (_what, text) => {
    expect(read(text)).toBeUndefined();
  });

  it('names the functions that it calls', () => {
    expect(
      read('DELETE FROM rooms USING f(1) AS g WHERE app.chosen(rooms.id, g)')?.functions,
    ).toEqual(['f', 'chosen']);
  });

  it('gives up on what nests too deeply to be compared', () => {
    const found = read(`DELETE FROM rooms WHERE ${'NOT '.repeat(2_000)}true`);
    // Found or not: never as a statement that hits every row.
    expect(found === undefined || found.select?.includes('NOT true')).toBe(true);
  });
});
