import { expect, test } from 'vitest';
import { captureRows } from './capture-rows';
import { compareRows, type RowsVerdict } from './compare-rows.fixture';
import { plantRows } from './plant-rows';
import { readRowRules } from './row-rules';
import { userTables, withSchema } from './rows-database.fixture';

/** A whole round trip with rows, as a proof takes it. */
async function roundTrip(schema: string, up: string, down: string): Promise<RowsVerdict> {
  let verdict: RowsVerdict | undefined;
  await withSchema(schema, async (client, tables) => {
    await client.query(`SAVEPOINT looked; ${up}`);
    const survive = await readRowRules(client, await userTables(client));
    await client.query('ROLLBACK TO SAVEPOINT looked');
    await plantRows(client, tables, { survive });
    const before = await captureRows(client, tables);
    await client.query(up);
    await plantRows(client, await userTables(client), { salt: 'between' });
    const between = await captureRows(client, await userTables(client));
    await client.query(down);
    const after = await captureRows(client, await userTables(client));
    verdict = compareRows({ before, between, after });
  });
  if (!verdict) throw new Error('The round trip gave no verdict.');
  return verdict;
}

const USERS = `CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, nickname text, at timestamptz NOT NULL DEFAULT now())`;

test.each([
  ['an index', 'CREATE INDEX i ON users (name)', 'DROP INDEX i'],
  [
    'a column renamed and named back',
    'ALTER TABLE users RENAME name TO full_name',
    'ALTER TABLE users RENAME full_name TO name',
  ],
  [
    'a table renamed and named back',
    'ALTER TABLE users RENAME TO people; ALTER TABLE people RENAME nickname TO alias',
    'ALTER TABLE people RENAME alias TO nickname; ALTER TABLE people RENAME TO users',
  ],
  [
    'a wider type and back',
    'ALTER TABLE users ALTER name TYPE varchar(500)',
    'ALTER TABLE users ALTER name TYPE text',
  ],
  [
    'a time as text and back',
    'ALTER TABLE users ALTER at DROP DEFAULT, ALTER at TYPE text USING at::text',
    'ALTER TABLE users ALTER at TYPE timestamptz USING at::timestamptz, ALTER at SET DEFAULT now()',
  ],
  [
    'a generated column',
    'ALTER TABLE users ADD small text GENERATED ALWAYS AS (lower(name)) STORED',
    'ALTER TABLE users DROP small',
  ],
  [
    'another primary key and back',
    'ALTER TABLE users DROP CONSTRAINT users_pkey; ALTER TABLE users ADD PRIMARY KEY (name)',
    'ALTER TABLE users DROP CONSTRAINT users_pkey; ALTER TABLE users ADD PRIMARY KEY (id)',
  ],
])('loses nothing: %s', async (_name, up, down) => {
  expect(await roundTrip(USERS, up, down)).toEqual({ losesData: 'none', notes: [] });
});

test.each([
  [
    'a table',
    'CREATE TABLE tags (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users)',
    'DROP TABLE tags',
    ['public.tags: the table that the migration adds goes, with 3 rows'],
  ],
  [
    'a column',
    'ALTER TABLE users ADD bio text',
    'ALTER TABLE users DROP bio',
    ['public.users.bio: the column that the migration adds goes, with 2 values'],
  ],
  [
    'rows that the migration puts in',
    "INSERT INTO users (id, name) VALUES (900, 'system')",
    'DELETE FROM users WHERE id = 900',
    ['public.users: 1 of 4 rows that came with the migration or after it is gone'],
  ],
  [
    'space for longer values',
    'ALTER TABLE users ALTER nickname TYPE varchar(60)',
    'UPDATE users SET nickname = left(nickname, 8) WHERE id > 3; ALTER TABLE users ALTER nickname TYPE text',
    [
      'public.users.nickname: 2 of 2 values in rows that came with the migration or after it are different: "Zoë Straße 中文 k0n3h" became "Zoë Stra"',
    ],
  ],
])('loses only its own: %s', async (_name, up, down, notes) => {
  const verdict = await roundTrip(USERS, up, down);
  expect(verdict.losesData).toBe('own');
  expect(verdict.notes.map(withoutTags)).toEqual(notes.map(withoutTags));
});

/** What tells rows apart is not the point here. */
function withoutTags(note: string): string {
  return note.replace(/k0[0-9a-z]{3,4}/g, '<tag>');
}

test('a value of an enum that the migration adds is mapped away: own', async () => {
  const verdict = await roundTrip(
    "CREATE TYPE state AS ENUM ('new', 'done'); CREATE TABLE t (id serial PRIMARY KEY, s state NOT NULL)",
    "ALTER TABLE t ALTER s TYPE text; DROP TYPE state; CREATE TYPE state AS ENUM ('new', 'done', 'archived'); ALTER TABLE t ALTER s TYPE state USING s::state",
    "UPDATE t SET s = 'done' WHERE s = 'archived'; ALTER TABLE t ALTER s TYPE text; DROP TYPE state; CREATE TYPE state AS ENUM ('new', 'done'); ALTER TABLE t ALTER s TYPE state USING s::state",
  );
  expect(verdict).toEqual({
    losesData: 'own',
    notes: [
      'public.t.s: 1 of 3 values in rows that came with the migration or after it is different: "archived" became "done"',
    ],
  });
});

test.each([
  [
    'a column that the migration drops',
    'ALTER TABLE users DROP nickname',
    'ALTER TABLE users ADD nickname text',
    [
      'public.users.nickname: 2 of 2 values are gone (the migration itself drops the column; the script brings it back empty)',
    ],
  ],
  [
    'a column that comes back with a default',
    'ALTER TABLE users DROP name',
    "ALTER TABLE users ADD name text NOT NULL DEFAULT 'nobody'",
    [
      /^public\.users\.name: 3 of 3 values are different: .* became "nobody" \(the migration itself drops the column; the script brings it back with other content\)$/s,
    ],
  ],
  [
    'a table that the migration drops',
    'DROP TABLE users',
    'CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, nickname text, at timestamptz NOT NULL DEFAULT now())',
    [
      'public.users: 3 of 3 rows are gone (the migration itself removes them, and the script does not bring them back)',
    ],
  ],
  [
    'a table that the script drops',
    'CREATE INDEX i ON users (name)',
    'DROP TABLE users',
    ['public.users: the table is gone with 3 rows (the script drops it)'],
  ],
  [
    'a column that the script drops too',
    'ALTER TABLE users ADD bio text',
    'ALTER TABLE users DROP bio, DROP nickname',
    ['public.users.nickname: the column is gone with 2 values (the script drops it)'],
  ],
  [
    'rows that the script deletes',
    'CREATE INDEX i ON users (name)',
    'DROP INDEX i; DELETE FROM users WHERE id = 1',
    ['public.users: 1 of 3 rows is gone (the script removes them)'],
  ],
  [
    'values that the migration rewrites',
    'UPDATE users SET name = lower(name)',
    'SELECT 1',
    [
      /^public\.users\.name: \d of 3 values (is|are) different: .*\(the migration itself changes them; the script does not undo that\)$/s,
    ],
  ],
  [
    'a time whose zone is dropped',
    'ALTER TABLE users ALTER at TYPE timestamptz',
    "ALTER TABLE users ALTER at DROP DEFAULT, ALTER at TYPE timestamp USING at AT TIME ZONE 'Europe/Berlin'",
    [
      /^public\.users\.at: 3 of 3 values have another form: "[\d-]+ [\d:.]+\+00" became "[\d-]+ [\d:.]+" \(the script changes them\)$/,
    ],
  ],
  [
    'fractions of a second',
    'ALTER TABLE users ALTER at TYPE timestamptz(0)',
    'ALTER TABLE users ALTER at TYPE timestamptz',
    [/^public\.users\.at: 3 of 3 values are different: .*the migration itself changes them/],
  ],
])('loses older data: %s', async (_name, up, down, notes) => {
  const verdict = await roundTrip(USERS, up, down);
  expect(verdict.losesData).toBe('older');
  const expected = notes.map((note) =>
    typeof note === 'string' ? note : expect.stringMatching(note),
  );
  const older = verdict.notes.filter((note) => !/that the migration adds|came with the/.test(note));
  expect(older).toEqual(expected);
});

test('rows survive a migration that converts, requires and points', async () => {
  const verdict = await roundTrip(
    `CREATE TABLE team (id serial PRIMARY KEY);
     CREATE TABLE t (id serial PRIMARY KEY, seen text, amount text NOT NULL, kind text, note text, team_id int, place_id int, size bigint)`,
    `CREATE TYPE kind AS ENUM ('a', 'b');
     ALTER TABLE t ALTER seen TYPE timestamptz USING seen::timestamptz, ALTER amount TYPE int USING amount::int,
       ALTER kind TYPE kind USING kind::kind, ALTER note SET NOT NULL, ALTER size TYPE smallint,
       ADD CHECK (length(note) BETWEEN 4 AND 9), ADD FOREIGN KEY (team_id) REFERENCES team;
     CREATE TABLE place (id serial PRIMARY KEY); ALTER TABLE t ADD CONSTRAINT at_place FOREIGN KEY (place_id) REFERENCES place`,
    `ALTER TABLE t DROP CONSTRAINT at_place; DROP TABLE place;
     ALTER TABLE t DROP CONSTRAINT t_team_id_fkey, DROP CONSTRAINT t_note_check, ALTER note DROP NOT NULL, ALTER size TYPE bigint,
       ALTER kind TYPE text, ALTER amount TYPE text, ALTER seen TYPE text USING to_char(seen AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')`,
  );
  expect(verdict.losesData).toBe('older');
  expect(verdict.notes).toEqual([
    expect.stringMatching(/^public\.t\.seen: 2 of 2 values have another form/),
    'public.place: the table that the migration adds goes, with 3 rows',
    expect.stringMatching(/^public\.t\.seen: 2 of 2 values in rows that came/),
  ]);
});
