import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createLookedAtDatabase,
  findingsOf,
  type LookedAtDatabase,
} from './looked-at-database.fixture';

let live: LookedAtDatabase;
beforeAll(async () => {
  live = await createLookedAtDatabase();
});
afterAll(() => live.drop());

describe('a constraint that a script adds to live rows', () => {
  const SCHEMA = `
    CREATE TABLE rooms (id int, name text, size int, "Größe" int);
    CREATE TABLE messages (id int PRIMARY KEY, room_id int, part int, body text);
    CREATE TABLE parts (a int, b int, PRIMARY KEY (a, b)); INSERT INTO parts VALUES (1, 1);
    ALTER TABLE rooms ADD CONSTRAINT rooms_key UNIQUE (id);
    INSERT INTO rooms VALUES (1, 'a', 1, 1), (2, 'A', 2, 2), (3, NULL, 2, 3), (4, NULL, -5, 4);
    INSERT INTO messages VALUES (1, 1, 1, 'x'), (2, 77, NULL, 'y'), (3, NULL, 1, 'z');`;
  /** An empty rehearsal accepts everything. */
  const before = 'TRUNCATE rooms, messages, parts';

  test.each<[sql: string, finding: string]>([
    [
      'ALTER TABLE rooms ALTER name SET NOT NULL',
      'danger violates: 2 rows of public.rooms have no name: NOT NULL would be refused.',
    ],
    [
      'ALTER TABLE rooms ALTER size SET NOT NULL',
      'info no_violation: Every row of public.rooms has a size, so NOT NULL would be accepted.',
    ],
    [
      'ALTER TABLE rooms ADD CONSTRAINT u UNIQUE (size)',
      'danger violates: 1 value of (size) in public.rooms occurs more than once, in 2 rows: the unique constraint would be refused.',
    ],
    [
      'ALTER TABLE rooms ADD UNIQUE ("Größe")',
      'info no_violation: No value of (Größe) occurs twice in public.rooms, so the unique constraint would be accepted.',
    ],
    [
      'ALTER TABLE rooms ADD UNIQUE (name)',
      'info no_violation: No value of (name) occurs twice in public.rooms, so the unique constraint would be accepted.',
    ],
    [
      'ALTER TABLE rooms ADD UNIQUE NULLS NOT DISTINCT (name)',
      'danger violates: 1 value of (name) in public.rooms occurs more than once, in 2 rows: the unique constraint would be refused.',
    ],
    [
      'ALTER TABLE rooms ADD PRIMARY KEY (id)',
      'info no_violation: No value of (id) occurs twice in public.rooms, so the primary key would be accepted.',
    ],
    [
      'ALTER TABLE rooms ADD PRIMARY KEY (name)',
      'danger violates: 2 rows of public.rooms have a null in (name): the primary key would be refused.',
    ],
    [
      'CREATE UNIQUE INDEX i ON rooms (lower(name) DESC NULLS LAST, (size IS NULL)) WHERE name IS NOT NULL',
      'danger violates: 1 value of (lower(name), (size IS NULL)) in public.rooms occurs more than once, in 2 rows: the unique index would be refused.',
    ],
    [
      'CREATE UNIQUE INDEX i ON rooms (lower(name), size)',
      'info no_violation: No value of (lower(name), size) occurs twice in public.rooms, so the unique index would be accepted.',
    ],
    [
      'ALTER TABLE messages ADD CONSTRAINT f FOREIGN KEY (room_id) REFERENCES rooms (id)',
      'danger violates: 1 row of public.messages refers by (room_id) to a row that public.rooms does not have: the foreign key would be refused.',
    ],
    [
      'ALTER TABLE messages ADD FOREIGN KEY (id, part) REFERENCES parts MATCH FULL',
      'danger violates: 2 rows of public.messages refer by (id, part) to a row that public.parts does not have: the foreign key would be refused.',
    ],
    [
      'ALTER TABLE messages ADD FOREIGN KEY (part) REFERENCES rooms (id)',
      'info no_violation: Every (part) of public.messages is in public.rooms, so the foreign key would be accepted.',
    ],
    [
      "ALTER TABLE rooms ADD CONSTRAINT sized CHECK (size > 0 AND (name <> ')' OR name IS NULL))",
      'danger violates: 1 row of public.rooms does not satisfy the check sized: it would be refused.',
    ],
    [
      'ALTER TABLE rooms ADD CHECK (length(name) < 5), ADD CONSTRAINT other CHECK (true)',
      'info no_violation: Every row of public.rooms satisfies the check, so it would be accepted.',
    ],
    [
      'ALTER TABLE rooms ADD COLUMN kind text NOT NULL',
      'danger violates: public.rooms has 4 rows, and the new column kind is NOT NULL without a default: it would be refused.',
    ],
    [
      'ALTER TABLE messages ALTER body TYPE char(1)',
      'info no_violation: Every value of body in public.messages fits into character(1).',
    ],
    [
      'ALTER TABLE messages ADD CONSTRAINT o EXCLUDE USING btree (part WITH =)',
      'warn not_looked: Whether present rows of public.messages exclude each other was not looked at.',
    ],
    [
      'DO $$ BEGIN ALTER TABLE rooms ALTER name SET NOT NULL; END $$',
      'warn not_looked: A constraint is added inside a DO block, if at all. Whether present rows break it was not looked at.',
    ],
  ])('%s', async (sql, finding) => {
    await live.schema(SCHEMA);
    const impact = await live.look([sql], { before });
    expect(findingsOf(impact)[0]).toBe(`0.0 ${finding}`);
    expect(impact.problems).toEqual([]);
    // The server agrees.
    const outcome = live.client.query(sql);
    if (finding.startsWith('danger'))
      await expect(outcome).rejects.toMatchObject({ code: expect.stringMatching(/^2[23]/) });
    else if (finding.startsWith('info')) await outcome;
    else await outcome.catch(() => undefined);
  });

  test.each([
    'ALTER TABLE messages ADD CONSTRAINT f FOREIGN KEY (room_id) REFERENCES rooms (id) NOT VALID',
    'ALTER TABLE rooms ADD COLUMN kind text NOT NULL DEFAULT 1',
    'ALTER TABLE rooms ADD COLUMN kind serial NOT NULL',
    'ALTER TABLE rooms ADD COLUMN kind int UNIQUE',
    'CREATE INDEX i ON rooms (size)',
  ])('nothing is asked for %s', async (sql) => {
    await live.schema(SCHEMA);
    expect(findingsOf(await live.look([sql], { before }))).toEqual([]);
  });

  test('what comes into being by the plan itself can’t be looked at', async () => {
    await live.schema(SCHEMA);
    const impact = await live.look(
      [
        'CREATE TABLE fresh (id int); ALTER TABLE fresh ADD UNIQUE (id); CREATE UNIQUE INDEX i ON fresh (id);',
        'ALTER TABLE rooms ADD COLUMN made int; ALTER TABLE rooms ALTER made SET NOT NULL; ALTER TABLE messages ADD FOREIGN KEY (id) REFERENCES fresh (id);',
      ],
      { before },
    );
    expect(findingsOf(impact)).toEqual([
      '0.1 info not_looked: public.fresh is made by this plan, so it has no rows today.',
      '0.2 info not_looked: public.fresh is made by this plan, so it has no rows today.',
      '1.1 info not_looked: The column made of public.rooms is made by this plan.',
      '1.2 info not_looked: public.fresh, which it refers to, is made by this plan.',
    ]);
  });

  test('a constraint is asked about when it is validated', async () => {
    await live.schema(SCHEMA);
    const impact = await live.look(
      [
        `ALTER TABLE rooms ADD CONSTRAINT named CHECK (name IS NOT NULL) NOT VALID;
         ALTER TABLE rooms VALIDATE CONSTRAINT named;`,
      ],
      { before },
    );
    expect(findingsOf(impact)).toEqual([
      '0.1 danger violates: 2 rows of public.rooms do not satisfy the check named: it would be refused.',
    ]);
  });

  test('a finding is a hint only after an earlier statement has changed rows', async () => {
    await live.schema(SCHEMA);
    const impact = await live.look(
      [
        "UPDATE rooms SET name = '' WHERE name IS NULL;\nALTER TABLE rooms ALTER name SET NOT NULL;",
      ],
      { before },
    );
    expect(findingsOf(impact)).toEqual([
      '0.1 warn violates: 2 rows of public.rooms have no name: NOT NULL would be refused. The statement at line 1 changes rows first, so it may be otherwise by then.',
    ]);
  });

  test('an expression that may do anything is not asked', async () => {
    await live.schema(`${SCHEMA}
      CREATE FUNCTION tell(int) RETURNS bool LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('told', $1::text); RETURN true; END $$;`);
    const told: string[] = [];
    const listener = await live.connect();
    listener.on('notification', ({ payload }) => told.push(payload ?? ''));
    await listener.query('LISTEN told');
    const impact = await live.look(['ALTER TABLE rooms ADD CHECK (tell(size))'], { before });
    expect(findingsOf(impact)).toEqual([
      '0.0 warn not_looked: Whether present rows of public.rooms would be refused is not known: the function tell is volatile.',
    ]);
    await listener.query('SELECT 1');
    await listener.end();
    expect(told).toEqual([]);
  });
});

describe('CASCADE', () => {
  test('names what depends on a table, step by step, and not its own parts', async () => {
    await live.schema(`
      CREATE TABLE rooms (id serial PRIMARY KEY, parent int REFERENCES rooms, name text CHECK (name <> ''));
      CREATE INDEX ON rooms (name);
      CREATE TABLE messages (id int, room_id int CONSTRAINT in_room REFERENCES rooms);
      CREATE VIEW room_names AS SELECT name FROM rooms;
      CREATE VIEW app."Louder" AS SELECT upper(name) AS name FROM room_names;
      CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM rooms; CREATE INDEX ON counted (n);
      CREATE FUNCTION first_room() RETURNS SETOF rooms LANGUAGE sql AS 'SELECT * FROM rooms';
      CREATE POLICY seen ON messages USING (EXISTS (SELECT FROM rooms r WHERE r.id = room_id));
      CREATE TABLE alone (id int);`);
    const impact = await live.look(['DROP TABLE rooms CASCADE; DROP TABLE alone CASCADE']);
    expect(findingsOf(impact)).toEqual([
      '0.0 danger cascade: CASCADE takes along with table public.rooms: materialized view public.counted, view app."Louder", view public.room_names, function public.first_room(), policy seen of public.messages, foreign key in_room of public.messages.',
      '0.1 info cascade: CASCADE takes nothing along with table public.alone.',
    ]);
    expect(impact.losses.map(({ kind, name }) => `${kind} ${name}`)).toEqual(
      ['materialized_view public.counted', 'table public.rooms', 'table public.alone'].sort(
        (a, b) =>
          impact.losses.findIndex(({ name }) => a.endsWith(name)) -
          impact.losses.findIndex(({ name }) => b.endsWith(name)),
      ),
    );
    const notices: string[] = [];
    live.client.on('notice', ({ message = '', detail = '' }) => notices.push(message + detail));
    await live.client.query(
      'BEGIN; SET LOCAL client_min_messages = notice; DROP TABLE rooms CASCADE; ROLLBACK',
    );
    live.client.removeAllListeners('notice');
    // PostgreSQL counts the same six.
    expect(notices.join()).toMatch(/drop cascades to 6 other objects/);
  });

  test('from columns, constraints, types, functions, sequences and extensions', async () => {
    await live.schema(`
      CREATE EXTENSION IF NOT EXISTS citext SCHEMA pg_catalog;
      CREATE TYPE mood AS ENUM ('a');
      CREATE SEQUENCE numbers;
      CREATE FUNCTION one(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
      CREATE TABLE t (id int CONSTRAINT t_key UNIQUE, m mood, n int DEFAULT nextval('numbers'), o int DEFAULT one(1), c citext);
      CREATE TABLE u (t_id int CONSTRAINT u_t REFERENCES t (id));
      CREATE VIEW v AS SELECT m FROM t;
      `);
    const impact = await live.look([
      `ALTER TABLE t DROP COLUMN m CASCADE; ALTER TABLE t DROP CONSTRAINT t_key CASCADE; DROP SEQUENCE numbers CASCADE;
       DROP FUNCTION one(int) CASCADE; DROP TYPE mood CASCADE; DROP EXTENSION citext CASCADE;`,
    ]);
    expect(findingsOf(impact)).toEqual([
      '0.0 danger cascade: CASCADE takes along with column m of public.t: view public.v.',
      '0.1 danger cascade: CASCADE takes along with constraint t_key of public.t: foreign key u_t of public.u.',
      '0.2 danger cascade: CASCADE takes along with sequence public.numbers: the default of public.t.n.',
      '0.3 danger cascade: CASCADE takes along with function public.one: the default of public.t.o.',
      '0.4 info cascade: CASCADE takes nothing along with type public.mood.',
      '0.5 danger cascade: CASCADE takes along with extension citext: column public.t.c.',
    ]);
    expect(impact.losses.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['public.t.m', 'public.numbers', 'public.t.c']),
    );
  });

  test('rows of tables that only the live database has are in the ledger', async () => {
    await live.schema(`
      CREATE TYPE mood AS ENUM ('a');
      CREATE TABLE known (id int, m mood); CREATE TABLE by_hand (m mood); INSERT INTO by_hand VALUES ('a'), ('a');
      CREATE TABLE heirs (x int) INHERITS (known); INSERT INTO heirs (id) VALUES (1);`);
    const impact = await live.look(['DROP TYPE mood CASCADE'], {
      before: 'DROP TABLE by_hand, heirs',
    });
    expect(impact.losses.map(({ kind, name, rows }) => `${kind} ${name} ${rows.value}`)).toEqual([
      'column public.known.m 1',
      'column public.by_hand.m 2',
    ]);
  });

  test('TRUNCATE names the tables that are emptied as well', async () => {
    await live.schema(`
      CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a);
      CREATE TABLE c (id int REFERENCES b); CREATE TABLE d (id int);
      INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1), (2); INSERT INTO c VALUES (1);`);
    const impact = await live.look(['TRUNCATE a CASCADE; TRUNCATE d CASCADE']);
    expect(findingsOf(impact)).toEqual([
      '0.0 danger cascade: CASCADE also empties table public.b, table public.c.',
      '0.1 info cascade: CASCADE empties no table but public.d.',
    ]);
    expect(impact.losses.map(({ name, rows }) => [name, rows.value])).toEqual([
      ['public.a', 2],
      ['public.d', 0],
      ['public.b', 2],
      ['public.c', 1],
    ]);
  });

  test('an object that is not there, or only by then', async () => {
    await live.schema('CREATE TABLE a (id int)');
    const impact = await live.look([
      'DROP VIEW IF EXISTS nothing CASCADE; CREATE TABLE made (id int); DROP TABLE made CASCADE; DROP AGGREGATE IF EXISTS agg(int) CASCADE',
    ]);
    expect(findingsOf(impact)).toEqual([
      '0.0 info not_looked: The view public.nothing is not on the live target, so nothing can be said about CASCADE.',
      '0.2 info not_looked: The table public.made is made by this plan: what CASCADE takes along can’t be seen yet.',
      '0.3 info not_looked: The aggregate public.agg is not on the live target, so nothing can be said about CASCADE.',
    ]);
  });
});
