import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { mergeAll, rowsIn, runWithCopies } from './rescue.fixture';

let database: TestDatabase;
let client: pg.Client;

beforeEach(async () => {
  database = await createTestDatabase();
  client = await database.connect();
});

afterEach(async () => {
  await client.end();
  await database.drop();
});

interface Trip {
  what: string;
  base?: string;
  up: string;
  data: string;
  down: string[];
  tables: string[];
  subjects: string[];
}

const TYPES = `CREATE TYPE mood AS ENUM ('calm', 'storm'); CREATE DOMAIN level AS int CHECK (VALUE > 0);
  CREATE TYPE pair AS (a int, "B b" text)`;

const TRIPS: Trip[] = [
  {
    what: 'a dropped table, its serial going on where it was',
    up: 'CREATE TABLE rooms (id serial PRIMARY KEY, name text NOT NULL)',
    data: "INSERT INTO rooms (name) SELECT 'room ' || n FROM generate_series(1, 5) n; DELETE FROM rooms WHERE id = 5",
    down: ['DROP TABLE rooms'],
    tables: ['rooms'],
    subjects: ['table public.rooms'],
  },
  {
    what: 'tables that refer to each other, dropped with one DROP',
    up: `CREATE TABLE houses (id int PRIMARY KEY);
      CREATE TABLE rooms (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, house int NOT NULL REFERENCES houses)`,
    data: 'INSERT INTO houses VALUES (1), (2); INSERT INTO rooms (house) VALUES (1), (1), (2)',
    down: ['DROP TABLE houses, rooms'],
    tables: ['houses', 'rooms'],
    subjects: ['table public.rooms', 'table public.houses'],
  },
  {
    what: 'columns with the types of the application, which the script drops afterwards',
    base: 'CREATE TABLE rooms (id bigint PRIMARY KEY, name text)',
    up: `${TYPES}; ALTER TABLE rooms ADD "Mood" mood, ADD moods mood[], ADD l level, ADD p pair`,
    data: `INSERT INTO rooms SELECT n, 'x', 'storm', '{calm,storm}', n, ROW(n, 'a"b, c')::pair FROM generate_series(1, 3) n;
      INSERT INTO rooms VALUES (9)`,
    down: [
      'ALTER TABLE rooms DROP COLUMN "Mood", DROP COLUMN moods, DROP COLUMN l, DROP COLUMN p',
      'DROP TYPE mood',
      'DROP DOMAIN level',
      'DROP TYPE pair',
    ],
    tables: ['rooms'],
    subjects: ['columns public.rooms.("Mood", moods, l, p)'],
  },
  {
    what: 'a type dropped with CASCADE takes its columns along',
    base: 'CREATE TABLE rooms (id int PRIMARY KEY); CREATE TABLE halls (id int PRIMARY KEY)',
    up: `${TYPES}; ALTER TABLE rooms ADD m mood; ALTER TABLE halls ADD m mood NOT NULL DEFAULT 'calm'`,
    data: "INSERT INTO rooms VALUES (1, 'storm'); INSERT INTO halls VALUES (7, 'storm')",
    down: ['DROP TYPE mood CASCADE', 'DROP DOMAIN level', 'DROP TYPE pair'],
    tables: ['rooms', 'halls'],
    subjects: ['column public.rooms.m', 'column public.halls.m'],
  },
  {
    what: 'a schema dropped with all that is in it',
    up: `CREATE SCHEMA "My App"; CREATE TABLE "My App"."Räume" (id uuid PRIMARY KEY, "größe" numeric(10,2));
      CREATE TABLE "My App".doors (room uuid REFERENCES "My App"."Räume", no int, PRIMARY KEY (room, no))`,
    data: `INSERT INTO "My App"."Räume" VALUES ('00000000-0000-0000-0000-000000000001', 12.50);
      INSERT INTO "My App".doors VALUES ('00000000-0000-0000-0000-000000000001', 1)`,
    down: ['DROP SCHEMA "My App" CASCADE'],
    tables: ['"My App"."Räume"', '"My App".doors'],
    subjects: ['table "My App".doors', 'table "My App"."Räume"'],
  },
  {
    what: 'a column of a table without a key, rows alike in all else',
    base: 'CREATE TABLE readings (at timestamptz, place point)',
    up: 'ALTER TABLE readings ADD value jsonb',
    data: `INSERT INTO readings SELECT '2026-01-01', '(1,2)', to_jsonb(n) FROM generate_series(1, 3) n;
      INSERT INTO readings VALUES (NULL, NULL, '{"a": 1}'), ('2026-01-02', NULL, NULL)`,
    down: ['ALTER TABLE readings DROP COLUMN value'],
    tables: ['readings'],
    subjects: ['column public.readings.value'],
  },
  {
    what: 'the primary key itself, an identity, found again by a unique key',
    base: 'CREATE TABLE rooms (code text NOT NULL UNIQUE, name text)',
    up: 'ALTER TABLE rooms ADD id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
    data: "INSERT INTO rooms (id, code) OVERRIDING SYSTEM VALUE VALUES (10, 'b'), (3, 'a'); SELECT setval('rooms_id_seq', 30)",
    down: ['ALTER TABLE rooms DROP COLUMN id'],
    tables: ['rooms'],
    subjects: ['column public.rooms.id'],
  },
  {
    what: 'values that another type has no room for',
    base: "CREATE TABLE rooms (id int PRIMARY KEY, size text NOT NULL DEFAULT '')",
    up: "ALTER TABLE rooms ALTER size DROP DEFAULT, ALTER size TYPE numeric(8,3) USING nullif(size, '')::numeric",
    data: 'INSERT INTO rooms VALUES (1, 1.125), (2, 2), (3, 99998.999)',
    down: [
      'ALTER TABLE rooms ALTER COLUMN size TYPE int USING round(size)::int',
      'ALTER TABLE rooms ALTER size TYPE text',
      "ALTER TABLE rooms ALTER size SET DEFAULT ''",
    ],
    tables: ['rooms'],
    subjects: ['column public.rooms.size', 'column public.rooms.size'],
  },
  {
    what: 'values that an UPDATE overwrites, by its own condition',
    base: 'CREATE TABLE rooms (id int PRIMARY KEY, kind text, open bool); CREATE TABLE kinds (name text, old text)',
    up: "UPDATE rooms SET kind = 'x'",
    data: "INSERT INTO rooms SELECT n, 'k' || n % 3, true FROM generate_series(1, 9) n; INSERT INTO kinds VALUES ('k1', 'a'), ('k1', 'b'), ('k2', 'c')",
    down: [
      "UPDATE ONLY rooms AS r SET kind = k.old, open = r.kind IS DISTINCT FROM 'k1' FROM kinds k WHERE k.name = r.kind -- where",
    ],
    tables: ['rooms'],
    subjects: ['values of columns public.rooms.(kind, open)'],
  },
  {
    what: 'rows that a DELETE takes, with those that go along',
    base: `CREATE TABLE houses (id int PRIMARY KEY, city text);
      CREATE TABLE rooms (id int PRIMARY KEY, house int REFERENCES houses ON DELETE CASCADE, len int, area int GENERATED ALWAYS AS (len * 2) STORED);
      CREATE TABLE doors (id int PRIMARY KEY, room int REFERENCES rooms ON DELETE CASCADE);
      CREATE TABLE notes (id int PRIMARY KEY, house int REFERENCES houses ON DELETE SET NULL, body text)`,
    up: 'SELECT 1',
    data: `INSERT INTO houses SELECT n, 'c' || n % 2 FROM generate_series(1, 4) n; INSERT INTO rooms SELECT n, 1 + n % 4 FROM generate_series(1, 12) n;
      INSERT INTO doors SELECT n, 1 + n % 12 FROM generate_series(1, 24) n; INSERT INTO notes SELECT n, 1 + n % 4, 'n' FROM generate_series(1, 8) n`,
    down: [
      "WITH gone AS (SELECT 'c1' AS city) DELETE FROM houses USING gone WHERE houses.city = gone.city",
    ],
    tables: ['houses', 'rooms', 'doors', 'notes'],
    subjects: [
      'rows of public.doors',
      'rows of public.rooms',
      'values of column public.notes.house',
      'rows of public.houses',
    ],
  },
  {
    what: 'what TRUNCATE CASCADE empties',
    base: `CREATE TABLE houses (id serial PRIMARY KEY); CREATE TABLE rooms (id int PRIMARY KEY, house int REFERENCES houses)`,
    up: 'SELECT 1',
    data: 'INSERT INTO houses DEFAULT VALUES; INSERT INTO rooms VALUES (1, 1)',
    down: ['TRUNCATE houses RESTART IDENTITY CASCADE'],
    tables: ['houses', 'rooms'],
    subjects: ['rows of public.rooms', 'rows of public.houses'],
  },
  {
    what: 'a partitioned table, and a column of it',
    base: 'CREATE TABLE base (id int PRIMARY KEY)',
    up: `CREATE TABLE events (at date NOT NULL, n int, PRIMARY KEY (at, n)) PARTITION BY RANGE (at);
      CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
      CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
      ALTER TABLE events ADD body text`,
    data: "INSERT INTO events VALUES ('2026-01-05', 1, 'a'), ('2026-02-05', 1, 'b')",
    down: ['ALTER TABLE events DROP COLUMN body', 'DROP TABLE events'],
    tables: ['events'],
    subjects: ['column public.events.body', 'table public.events'],
  },
  {
    what: 'tables that inherit',
    base: 'CREATE TABLE things (id int PRIMARY KEY); CREATE TABLE cars (wheels int, PRIMARY KEY (id)) INHERITS (things)',
    up: 'ALTER TABLE things ADD name text',
    data: "INSERT INTO things VALUES (1, 'x'); INSERT INTO cars VALUES (1, 4, 'y')",
    down: ["UPDATE things SET name = 'gone' WHERE id = 1", 'ALTER TABLE things DROP COLUMN name'],
    tables: ['things'],
    subjects: [
      'values of column public.things.name',
      'values of column public.cars.name',
      'column public.things.name',
      'column public.cars.name',
    ],
  },
  {
    what: 'what is called otherwise by then',
    base: 'CREATE TABLE rooms (id int PRIMARY KEY, name text)',
    up: `ALTER TABLE rooms RENAME COLUMN id TO "Room Id"; CREATE TYPE new_mood AS ENUM ('calm', 'storm'); ALTER TABLE rooms ADD mood new_mood;
      ALTER TABLE rooms RENAME TO halls; CREATE SCHEMA app; ALTER TABLE halls SET SCHEMA app; ALTER TABLE app.halls ADD seats serial, ADD size int`,
    data: "INSERT INTO app.halls VALUES (1, 'a', 'storm', 4, 7), (2, 'b', NULL, 5, 8)",
    down: [
      'ALTER TABLE app.halls DROP COLUMN size',
      'ALTER TABLE app.halls SET SCHEMA public',
      'ALTER TABLE halls RENAME TO rooms',
      'ALTER TYPE new_mood RENAME TO old_mood',
      'ALTER TABLE rooms RENAME COLUMN "Room Id" TO id',
      'ALTER TABLE rooms DROP COLUMN mood, DROP COLUMN seats',
      'DROP TYPE old_mood',
      'DROP SCHEMA app',
    ],
    tables: ['app.halls'],
    subjects: ['column app.halls.size', 'columns public.rooms.(mood, seats)'],
  },
  {
    what: 'drops in a code block that asks first',
    base: 'CREATE TABLE rooms (id int PRIMARY KEY)',
    up: 'ALTER TABLE rooms ADD topic text; CREATE TABLE extra (id int)',
    data: "INSERT INTO rooms VALUES (1, 'a'); INSERT INTO extra VALUES (1), (1)",
    down: [
      `DO $$ BEGIN IF EXISTS (SELECT FROM pg_class WHERE relname = 'rooms') THEN
        ALTER TABLE rooms DROP COLUMN topic; DROP TABLE IF EXISTS nothing; EXECUTE 'DROP TABLE extra'; END IF;
        IF false THEN ALTER TABLE absent DROP COLUMN x; END IF; END $$`,
    ],
    tables: ['rooms', 'extra'],
    subjects: ['column public.rooms.topic', 'table public.extra'],
  },
  {
    what: 'rows that nobody can tell beforehand',
    base: `CREATE TABLE rooms (id int PRIMARY KEY, name text); CREATE TABLE halls (id int PRIMARY KEY, name text);
      CREATE TABLE doors (id int PRIMARY KEY, name text); CREATE TABLE seeds (id int PRIMARY KEY, name text)`,
    up: 'SELECT 1',
    data: `INSERT INTO rooms SELECT n, 'r' FROM generate_series(1, 20) n; INSERT INTO halls TABLE rooms; INSERT INTO doors TABLE rooms; INSERT INTO seeds TABLE rooms`,
    down: [
      "UPDATE rooms SET name = 'x' WHERE random() < 0.5",
      'DO $$ DECLARE k int := 3; BEGIN DELETE FROM halls WHERE id > k; END $$',
      'WITH d AS (DELETE FROM doors WHERE id < 5 RETURNING id) SELECT count(*) FROM d',
      "INSERT INTO seeds VALUES (1, 'y'), (2, 'z') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
    ],
    tables: ['rooms', 'halls', 'doors', 'seeds'],
    subjects: [
      'values of column public.rooms.name',
      'rows of public.halls',
      'rows of public.doors',
      'values of column public.seeds.name',
    ],
  },
];

describe('up, data, down with copies, up again, merge', () => {
  it.each(TRIPS)('$what', async ({ base, up, data, down, tables, subjects }) => {
    if (base) await client.query(base);
    await client.query(up);
    await client.query(data);
    const before = await rowsIn(client, tables);
    const copies = await runWithCopies(client, down);
    expect(copies.map(({ subject }) => subject)).toEqual(subjects);
    if (up.startsWith('CREATE') || up.startsWith('ALTER')) await client.query(up);
    const after = await rowsIn(client, tables);
    expect(after).not.toEqual(before);
    await mergeAll(client);
    expect(await rowsIn(client, tables)).toEqual(before);
    // Whoever is not sure whether he has done it does it again.
    await mergeAll(client);
    expect(await rowsIn(client, tables)).toEqual(before);
  });

  it('puts each of several alike rows back, once, where nothing tells them apart', async () => {
    await client.query('CREATE TABLE notes (text text, at timestamptz)');
    await client.query(
      "INSERT INTO notes VALUES ('a', NULL), ('a', NULL), ('b', '2026-01-01 10:00+02'), (NULL, NULL)",
    );
    const before = await rowsIn(client, ['notes']);
    // Which row goes nobody can tell beforehand, so that all are copied.
    await runWithCopies(client, [
      'DELETE FROM notes WHERE ctid IN (SELECT ctid FROM notes LIMIT 1)',
    ]);
    await client.query("INSERT INTO notes VALUES ('new', NULL)");
    for (let times = 0; times < 2; times++) {
      const [copy] = await mergeAll(client);
      expect(copy?.mergeSql).toMatch(/no key/);
      await client.query("DELETE FROM notes WHERE text = 'new'");
      expect(await rowsIn(client, ['notes'])).toEqual(before);
    }
  });

  it('lets a serial go on where it was, and never back', async () => {
    await client.query('CREATE TABLE rooms (id serial PRIMARY KEY)');
    await client.query('INSERT INTO rooms SELECT FROM generate_series(1, 40)');
    await runWithCopies(client, ['DROP TABLE rooms']);
    await client.query('CREATE TABLE rooms (id serial PRIMARY KEY)');
    await mergeAll(client);
    const { rows } = await client.query<{ id: number }>(
      'INSERT INTO rooms DEFAULT VALUES RETURNING id',
    );
    expect(rows[0]?.id).toBeGreaterThan(40);
  });
});
