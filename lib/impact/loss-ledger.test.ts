import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createLookedAtDatabase,
  findingsOf,
  type LookedAtDatabase,
  linesOf,
} from './looked-at-database.fixture';

let live: LookedAtDatabase;
beforeAll(async () => {
  live = await createLookedAtDatabase();
});
afterAll(() => live.drop());

describe('the loss ledger', () => {
  test('counts rows, values that are there and values that are not the default', async () => {
    await live.schema(`
      CREATE TABLE rooms (id int PRIMARY KEY, name text, topic text DEFAULT 'none', tags jsonb DEFAULT '[]',
        place point, made timestamptz DEFAULT now(), price numeric(8, 2) DEFAULT 0, twice int GENERATED ALWAYS AS (id * 2) STORED);
      INSERT INTO rooms (id, name, topic, tags, place, price) VALUES
        (1, 'a', 'none', '[]', '(1,1)', 0), (2, NULL, 'x', '[1]', NULL, 0.00), (3, 'c', NULL, '[]', '(0,0)', 4.5);
      CREATE TABLE gone (id int); INSERT INTO gone SELECT generate_series(1, 7);
      CREATE MATERIALIZED VIEW seen AS SELECT id FROM gone WHERE id < 4;
      CREATE VIEW shown AS SELECT 1 AS one;
      CREATE SEQUENCE numbers; SELECT nextval('numbers'), nextval('numbers');`);
    const impact = await live.look([
      `ALTER TABLE rooms DROP COLUMN name, DROP COLUMN topic, DROP COLUMN tags, DROP COLUMN place,
         DROP COLUMN made, DROP COLUMN price, DROP COLUMN twice;
       DROP VIEW shown; DROP MATERIALIZED VIEW seen; DROP TABLE gone; DROP SEQUENCE numbers;`,
    ]);
    const column = { at: 0, rows: '3', bytes: true };
    expect(linesOf(impact)).toEqual([
      { ...column, line: 'column public.rooms.name: text', nonNull: '2', differs: '2' },
      { ...column, line: 'column public.rooms.topic: text', nonNull: '2', differs: '1' },
      { ...column, line: 'column public.rooms.tags: jsonb', nonNull: '3', differs: '1' },
      { ...column, line: 'column public.rooms.place: point', nonNull: '2', differs: '2' },
      {
        ...column,
        line: 'column public.rooms.made: timestamp with time zone',
        nonNull: '3',
        differs: 'its default is computed for each row',
      },
      { ...column, line: 'column public.rooms.price: numeric(8,2)', nonNull: '3', differs: '1' },
      {
        ...column,
        line: 'column public.rooms.twice: integer',
        nonNull: '3',
        differs: 'its values are generated',
      },
      {
        at: 0,
        line: 'materialized_view public.seen',
        rows: '3',
        nonNull: null,
        differs: null,
        bytes: true,
      },
      { at: 0, line: 'table public.gone', rows: '7', nonNull: null, differs: null, bytes: true },
      {
        at: 0,
        line: 'sequence public.numbers',
        rows: 'a sequence has no rows; its last value is 2',
        nonNull: null,
        differs: null,
        bytes: true,
      },
    ]);
    expect(impact.relations['public.rooms']).toMatchObject({
      rows: { value: 3, estimate: false, source: 'counted' },
    });
    expect(impact.relations['public.gone']?.bytes).toBeGreaterThan(0);
    expect(impact.problems).toEqual([]);
  });

  test('follows renames, and takes nothing for lost twice', async () => {
    await live.schema(`
      CREATE TABLE old (id int, a text, b text); INSERT INTO old VALUES (1, 'x', NULL), (2, NULL, NULL);
      CREATE TABLE other (id int); INSERT INTO other VALUES (1);`);
    const impact = await live.look([
      'ALTER TABLE old RENAME TO new; ALTER TABLE new RENAME COLUMN a TO c; ALTER TABLE new DROP COLUMN b;',
      'ALTER TABLE new DROP COLUMN c; ALTER TABLE new ADD COLUMN c int; DROP TABLE other; CREATE TABLE other (id int);',
      'DO $$ BEGIN ALTER TABLE new RENAME TO newest; END $$; DROP TABLE other; ALTER TABLE newest DROP COLUMN c;',
    ]);
    expect(linesOf(impact)).toEqual([
      {
        at: 0,
        line: 'column public.old.b: text',
        rows: '2',
        nonNull: '0',
        differs: '0',
        bytes: false,
      },
      {
        at: 1,
        line: 'column public.old.a: text',
        rows: '2',
        nonNull: '1',
        differs: '1',
        bytes: true,
      },
      { at: 1, line: 'table public.other', rows: '1', nonNull: null, differs: null, bytes: true },
    ]);
  });

  test('asks which values survive another type and back', async () => {
    await live.schema(`
      CREATE TYPE mood AS ENUM ('good', 'bad', 'odd');
      CREATE TABLE t (a text, b numeric(10, 4), c bigint, d text, e mood, f varchar(5), g text, h timestamptz);
      INSERT INTO t VALUES ('short', 1.5, 1, '1', 'good', 'x', 'ab', now()), ('far too long', 1.2345, 99, '2', 'odd', 'y', 'cd', now()),
        (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`);
    const impact = await live.look(
      [
        `ALTER TABLE t ALTER a TYPE varchar(6) USING a::varchar(6), ALTER b TYPE numeric(6, 2), ALTER c TYPE int,
          ALTER f TYPE text, ALTER g TYPE text USING left(g, 1), ALTER h TYPE text;
         ALTER TYPE mood RENAME TO mood_old; CREATE TYPE mood AS ENUM ('good', 'bad');
         ALTER TABLE t ALTER e TYPE mood USING e::text::mood; DROP TYPE mood_old;
         ALTER TABLE t ALTER d TYPE int USING d::int;`,
      ],
      // The rehearsal has no rows.
      { before: 'TRUNCATE t' },
    );
    expect(impact.losses.map(({ name, type, differs }) => [name, type, differs?.value])).toEqual(
      expect.arrayContaining([
        ['public.t.a', 'text → character varying(6)', 1],
        ['public.t.b', 'numeric(10,4) → numeric(6,2)', 1],
        ['public.t.c', 'bigint → integer', 0],
        ['public.t.d', 'text → integer', 0],
        ['public.t.e', 'public.mood → public.mood without odd', 1],
        ['public.t.h', 'timestamp with time zone → text', 0],
      ]),
    );
    expect(impact.losses.map(({ name }) => name)).not.toContain('public.t.f');
    const kept = findingsOf(impact).filter((line) => line.includes('fits into integer'));
    expect(kept).toEqual([
      '0.0 info no_violation: Every value of c in public.t fits into integer.',
    ]);
  });

  test('a value that can’t be cast gives no number, and says which code', async () => {
    await live.schema(`CREATE TABLE t (d text); INSERT INTO t VALUES ('1'), ('secret')`);
    const impact = await live.look(['ALTER TABLE t ALTER d TYPE int USING d::int'], {
      before: 'TRUNCATE t',
    });
    expect(impact.losses[0]?.differs).toEqual({
      value: null,
      estimate: false,
      source: 'PostgreSQL refused the question (SQLSTATE 22P02)',
    });
    expect(JSON.stringify(impact)).not.toContain('secret');
  });

  test('counts the rows of DELETE, UPDATE and TRUNCATE by their own condition', async () => {
    await live.schema(`
      CREATE SCHEMA IF NOT EXISTS drizzle;
      CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations (id serial, hash text);
      CREATE FUNCTION spy() RETURNS bool LANGUAGE sql VOLATILE AS 'SELECT true';
      CREATE TABLE a (id int, note text); INSERT INTO a SELECT i, 'n' || i FROM generate_series(1, 10) i;
      CREATE TABLE b (a_id int); INSERT INTO b VALUES (1), (2), (99);
      CREATE TABLE c (id int); INSERT INTO c VALUES (1), (2);`);
    const impact = await live.look([
      `DELETE FROM a AS x WHERE x.id > 3 AND note <> 'n5' /* a -- comment */ RETURNING id;
       DELETE FROM a WHERE id IN (SELECT a_id FROM b); -- two
       UPDATE a SET note = (SELECT 'q' WHERE true) WHERE id = 1 -- last
       ;
       DELETE FROM a USING b WHERE a.id = b.a_id;
       DELETE FROM a WHERE spy();
       DELETE FROM a WHERE note = current_user;
       UPDATE b SET a_id = 0;
       TRUNCATE c;
       DO $$ BEGIN DELETE FROM c WHERE id = 1; END $$;
       DELETE FROM drizzle.__drizzle_migrations WHERE id = 5;`,
    ]);
    expect(
      impact.losses.map(({ kind, name, type, rows }) => [
        kind,
        name,
        type,
        rows.estimate ? `≈${rows.value} ${rows.source}` : rows.value,
      ]),
    ).toEqual([
      ['rows', 'public.a', 'DELETE', 6],
      ['rows', 'public.a', 'DELETE', 2],
      ['rows', 'public.a', 'UPDATE', 1],
      ['rows', 'public.a', 'DELETE', '≈10 at most, as its rows are chosen by joining other tables'],
      ['rows', 'public.a', 'DELETE', '≈10 at most, as the function spy is volatile'],
      ['rows', 'public.a', 'DELETE', '≈10 at most, as it depends on the role that runs it'],
      ['rows', 'public.b', 'UPDATE', 3],
      ['rows', 'public.c', 'TRUNCATE', 2],
      ['rows', 'public.c', 'DELETE', '≈2 at most, as the statement runs inside another one'],
    ]);
  });

  test('asks no condition that calls something by the name of a column, or an aggregate', async () => {
    await live.schema(`
      CREATE TABLE a (id int); INSERT INTO a VALUES (1), (2);
      CREATE FUNCTION spy(a) RETURNS bool LANGUAGE sql VOLATILE AS 'SELECT true';
      CREATE FUNCTION peek(int, int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1';
      CREATE AGGREGATE peeked(int) (SFUNC = peek, STYPE = int);`);
    const impact = await live.look([
      `DELETE FROM a WHERE a.spy; DELETE FROM a WHERE (a).spy;
       DELETE FROM a WHERE id = (SELECT peeked(b.id) FROM a b);`,
    ]);
    const why = (name: string) => `at most, as the function ${name} is volatile`;
    expect(impact.losses.map(({ rows }) => rows.source)).toEqual([
      why('spy'),
      why('spy'),
      why('peeked'),
    ]);
  });

  test('a condition under a new name is asked under the old one', async () => {
    await live.schema(
      `CREATE TABLE a (id int, note text); INSERT INTO a VALUES (1, 'x'), (2, 'y'), (3, 'y')`,
    );
    const impact = await live.look([
      `ALTER TABLE a RENAME COLUMN note TO remark; ALTER TABLE a RENAME TO b; DELETE FROM b WHERE remark = 'y';
       ALTER TABLE b ADD COLUMN fresh int; DELETE FROM b WHERE fresh IS NULL;`,
    ]);
    expect(impact.losses.map(({ rows }) => rows)).toEqual([
      { value: 2, estimate: false, source: 'counted' },
      {
        value: 3,
        estimate: true,
        source: 'at most, as PostgreSQL refused the question (SQLSTATE 42703)',
      },
    ]);
  });

  test('takes names that need quotes, other schemas, and a path of the running role', async () => {
    await live.schema(`
      CREATE TABLE app."Räume; DROP" ("a""b" int, "ünï" text DEFAULT 'it''s'); INSERT INTO app."Räume; DROP" VALUES (1, 'it''s'), (2, 'x');
      CREATE TABLE app.bare (id int, x int); INSERT INTO app.bare VALUES (1, 1), (2, NULL);`);
    await live.client.query(`ALTER DATABASE ${live.name} SET search_path = app, public`);
    try {
      await live.client.query('SET search_path = app, public');
      const impact = await live.look(
        [
          'ALTER TABLE app."Räume; DROP" DROP COLUMN "a""b", DROP COLUMN "ünï"; ALTER TABLE bare ALTER x SET NOT NULL; DELETE FROM bare WHERE x = 1',
        ],
        { before: 'UPDATE app.bare SET x = 0 WHERE x IS NULL' },
      );
      expect(linesOf(impact)).toEqual([
        {
          at: 0,
          line: 'column app."Räume; DROP"."a""b": integer',
          rows: '2',
          nonNull: '2',
          differs: '2',
          bytes: true,
        },
        {
          at: 0,
          line: 'column app."Räume; DROP"."ünï": text',
          rows: '2',
          nonNull: '2',
          differs: '1',
          bytes: true,
        },
        {
          at: 0,
          line: 'rows app.bare: DELETE',
          rows: '1',
          nonNull: null,
          differs: null,
          bytes: true,
        },
      ]);
      expect(findingsOf(impact)).toEqual([
        '0.1 danger violates: 1 row of app.bare has no x: NOT NULL would be refused.',
      ]);
      expect(impact.relations['public.bare']?.rows.value).toBe(2);
    } finally {
      await live.client.query(`ALTER DATABASE ${live.name} RESET search_path; RESET search_path`);
    }
  });

  test('a partitioned table is one line, with the rows of its parts', async () => {
    await live.schema(`
      CREATE TABLE events (id int, kind text) PARTITION BY LIST (kind);
      CREATE TABLE events_a PARTITION OF events FOR VALUES IN ('a');
      CREATE TABLE events_b PARTITION OF events FOR VALUES IN ('b');
      INSERT INTO events SELECT i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 9) i;
      CREATE TABLE logs (id int, x text) PARTITION BY RANGE (id);
      CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (10);
      INSERT INTO logs VALUES (1, 'x'), (2, NULL);`);
    const impact = await live.look(['DROP TABLE events; ALTER TABLE logs DROP COLUMN x']);
    expect(linesOf(impact)).toEqual([
      {
        at: 0,
        line: 'table public.events',
        rows: '9',
        nonNull: null,
        differs: null,
        bytes: true,
      },
      {
        at: 0,
        line: 'column public.logs.x: text',
        rows: '2',
        nonNull: '1',
        differs: '1',
        bytes: true,
      },
    ]);
  });
});
