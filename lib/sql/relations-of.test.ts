import { expect, test } from 'vitest';
import { relationsOf } from './index';

test.each<[string, string[]]>([
  ['DROP TABLE a, app."B"; DROP INDEX i', ['app."B"', 'public.a']],
  ['UPDATE a SET x = (SELECT max(y) FROM b) FROM c JOIN d ON true', ['a', 'b', 'c', 'd']],
  ['INSERT INTO a SELECT * FROM b WHERE EXISTS (SELECT FROM c)', ['a', 'b', 'c']],
  ['WITH x AS (SELECT * FROM a), y AS (SELECT * FROM x) DELETE FROM b USING y', ['a', 'b']],
  // Within its own query, a WITH name still means the table.
  ['WITH a AS (SELECT * FROM a) SELECT * FROM a', ['a']],
  ['WITH RECURSIVE r AS (SELECT 1 UNION SELECT * FROM r) SELECT * FROM r', []],
  ['ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES b', ['a', 'b']],
  ['CREATE TABLE a (x int REFERENCES b)', ['a', 'b']],
  ['CREATE INDEX i ON a (x); ALTER INDEX i RENAME TO j', ['a']],
  ['CREATE VIEW v AS SELECT * FROM a', ['a', 'v']],
  ['CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f()', ['a']],
  ['ALTER TABLE a RENAME COLUMN x TO y; COMMENT ON TABLE b IS NULL', ['a']],
  ['CREATE SEQUENCE s; ALTER SEQUENCE s OWNED BY NONE; CREATE TYPE t AS (x int)', []],
  ['CREATE TEMP TABLE t AS SELECT * FROM a; INSERT INTO t SELECT * FROM b', ['a', 'b']],
  [
    'SET search_path = app; DELETE FROM a; SELECT * FROM pg_class, information_schema.tables',
    ['app.a'],
  ],
  [
    'DO $$ DECLARE n int; BEGIN SELECT count(*) INTO n FROM a; IF n > 0 THEN DELETE FROM b; END IF; PERFORM 1 FROM c; FOR n IN SELECT x FROM d LOOP NULL; END LOOP; END $$',
    ['a', 'b', 'c', 'd'],
  ],
  ["DO $$ BEGIN EXECUTE 'DELETE FROM a'; END $$", ['a']],
  [
    'TRUNCATE a, b; LOCK TABLE c; MERGE INTO d USING e ON true WHEN MATCHED THEN DELETE',
    ['a', 'b', 'c', 'd', 'e'],
  ],
  ['CREATE TABEL x;--> statement-breakpoint\nDROP TABLE a', ['a']],
])('%s', async (sql, expected) => {
  const qualified = expected.map((name) => (name.includes('.') ? name : `public.${name}`));
  expect(await relationsOf(sql)).toEqual(qualified);
  expect(await relationsOf(Buffer.from(sql))).toEqual(qualified);
});

test('an expression that nests thousands deep is looked through', async () => {
  const sql = `SELECT ${'('.repeat(2_000)}SELECT x FROM a${')'.repeat(2_000)}`;
  expect(await relationsOf(sql)).toEqual(['public.a']);
});
