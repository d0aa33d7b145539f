import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { agentimMigrations, applyMigrations, readJournal } from './apply';
import { seedAgentim } from './seed';
import { dumpSchema, hasPgDump } from './testing/schema-dump';
import { tableChecksums } from './testing/table-checksums';

const scripts = fileURLToPath(new URL('../../rollback-sql/agentim', import.meta.url));
const scripted = [
  19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 37, 41,
] as const;
const foundation = 18;
const productionHead = 35;

const { entries } = await readJournal(agentimMigrations);
const canDump = await hasPgDump();

const readScript = (n: number) =>
  readFile(path.join(scripts, `${String(n).padStart(4, '0')}_rollback.sql`), 'utf8');

function tagOf(n: number): string {
  const entry = entries[n];
  if (!entry) throw new Error(`No migration ${n}.`);
  return entry.tag;
}

/** A session as far from the defaults as it gets: a script must not depend on it. */
async function oddSession(database: TestDatabase): Promise<pg.Client> {
  const client = await database.connect();
  await client.query(`SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'SQL, DMY'`);
  return client;
}

async function undo(client: pg.Client, n: number): Promise<void> {
  await client.query(await readScript(n));
  const { rowCount } = await client.query(
    'DELETE FROM drizzle.__drizzle_migrations WHERE created_at = $1',
    [entries[n]?.when],
  );
  expect(rowCount).toBe(1);
}

describe('the folder of rollback scripts', () => {
  it('has a script for 19 migrations and nothing else', async () => {
    const expected = scripted.map((n) => `${String(n).padStart(4, '0')}_rollback.sql`);
    expect((await readdir(scripts)).sort()).toEqual(expected);
  });

  it.each(scripted)(
    '%i names its migration and leaves transaction and tracking alone',
    async (n) => {
      const script = await readScript(n);
      expect(script.split('\n')[0]).toContain(tagOf(n));
      const sql = script.replace(/^--.*$/gm, '');
      expect(sql).not.toMatch(/^\s*(begin|start|commit|end|rollback|savepoint)\b/im);
      expect(sql).not.toMatch(/__drizzle_migrations/i);
      expect(sql).not.toMatch(/\bcascade\b/i);
    },
  );
});

interface State {
  schema: string;
  rows: Record<string, string>;
}

async function schemaOf(database: TestDatabase): Promise<string> {
  return canDump ? dumpSchema(database.url) : 'no pg_dump on PATH';
}

async function stateOf(
  database: TestDatabase,
  client: pg.Client,
  except: readonly string[] = [],
): Promise<State> {
  const [schema, rows] = await Promise.all([schemaOf(database), tableChecksums(client, except)]);
  return { schema, rows };
}

describe('on rows of the seed', () => {
  let database: TestDatabase;
  let odd: pg.Client;
  let atFoundation: State;

  beforeAll(async () => {
    database = await createTestDatabase();
    await applyMigrations(database.url, { to: foundation });
    odd = await oddSession(database);
    await seedAgentim(odd);
    atFoundation = await stateOf(database, odd);
  });
  afterAll(() => database?.drop());

  // One database goes up; each script takes its last step back, which is then redone.
  it.each(scripted.map((n) => [tagOf(n), n] as const))('a script undoes %s', async (_tag, n) => {
    // Only 0023 rewrites the 60,000 messages; the test of the whole chain compares them as well.
    const unread = n === 23 ? [] : ['messages'];
    await applyMigrations(database.url, { to: n - 1 });
    await seedAgentim(odd);
    const before = await stateOf(database, odd, unread);

    await applyMigrations(database.url, { to: n });
    const schemaAfter = await schemaOf(database);
    if (canDump) expect(schemaAfter).not.toBe(before.schema);

    await undo(odd, n);
    expect(await stateOf(database, odd, unread)).toEqual(before);
    await odd.query(await readScript(n));
    expect(await stateOf(database, odd, unread)).toEqual(before);

    await applyMigrations(database.url, { to: n });
    expect(await schemaOf(database)).toBe(schemaAfter);
  });

  it('the whole chain from 0035 gives the bytes of a database that never left 0018', async () => {
    const rolledBack = await createTestDatabase();
    onTestFinished(() => rolledBack.drop());
    await applyMigrations(rolledBack.url, { to: productionHead });
    const client = await oddSession(rolledBack);
    await seedAgentim(client);
    for (let n = productionHead; n > foundation; n--) await undo(client, n);

    expect(await stateOf(rolledBack, client)).toEqual(atFoundation);
    await applyMigrations(rolledBack.url);
  });
});

describe('values as the application writes them', () => {
  const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

  it('0023: times keep their text, JSON its value, and defaults write the former format', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    await applyMigrations(database.url, { to: 22 });
    const odd = await oddSession(database);
    await odd.query(`
      INSERT INTO users (id, username, password_hash, created_at, locked_until)
      VALUES ('u', 'ada', 'x', '2024-02-29T23:59:59.999Z', NULL);
      INSERT INTO gateways (id, user_id, name, device_info)
      VALUES ('g', 'u', 'laptop', '{"version":"1.20","os":"linux","cores":[8,  4]}')`);

    await applyMigrations(database.url, { to: 23 });
    await odd.query(`
      INSERT INTO users (id, username, password_hash, created_at)
      VALUES ('v', 'bo', 'x', '2026-07-01T12:00:00.123999+05:45')`);
    await undo(odd, 23);
    await odd.query(`INSERT INTO users (id, username, password_hash) VALUES ('w', 'cy', 'x')`);

    const users = await odd.query<{ created_at: string; locked_until: string | null }>(
      'SELECT created_at, locked_until FROM users ORDER BY id',
    );
    expect(users.rows.slice(0, 2)).toEqual([
      { created_at: '2024-02-29T23:59:59.999Z', locked_until: null },
      { created_at: '2026-07-01T06:15:00.123Z', locked_until: null },
    ]);
    const byDefault = users.rows[2]?.created_at ?? '';
    expect(byDefault).toMatch(iso);
    expect(Math.abs(Date.parse(byDefault) - Date.now())).toBeLessThan(60_000);

    const gateways = await odd.query<{ device_info: string }>('SELECT device_info FROM gateways');
    expect(JSON.parse(gateways.rows[0]?.device_info ?? '')).toEqual({
      version: '1.20',
      os: 'linux',
      cores: [8, 4],
    });
  });

  it('0035: times keep their text, and defaults write the former format', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    await applyMigrations(database.url, { to: 34 });
    const odd = await oddSession(database);
    await odd.query(`
      INSERT INTO users (id, username, password_hash) VALUES ('u', 'ada', 'x');
      INSERT INTO rooms (id, name, created_by_id) VALUES ('r', 'general', 'u');
      INSERT INTO messages (id, room_id, sender_id, sender_name, content)
      VALUES ('m', 'r', 'u', 'Ada', 'hello'), ('n', 'r', 'u', 'Ada', 'again');
      INSERT INTO bookmarks (id, user_id, message_id, created_at)
      VALUES ('a', 'u', 'm', '2026-03-29T00:59:59.070Z');
      INSERT INTO service_agents (id, name, config_encrypted, created_by_id, created_at, updated_at)
      VALUES ('a', 'Scout', 'x', 'u', '2026-12-31T23:00:00.000Z', '2027-01-01T00:00:00.001Z')`);

    await applyMigrations(database.url, { to: 35 });
    await undo(odd, 35);
    await odd.query(`
      INSERT INTO bookmarks (id, user_id, message_id) VALUES ('b', 'u', 'n');
      INSERT INTO service_agents (id, name, config_encrypted, created_by_id)
      VALUES ('b', 'Tally', 'x', 'u')`);

    const { rows } = await odd.query(`
      SELECT b.created_at AS bookmarked, s.created_at AS created, s.updated_at AS updated
      FROM bookmarks b JOIN service_agents s USING (id) ORDER BY id`);
    expect(rows).toEqual([
      {
        bookmarked: '2026-03-29T00:59:59.070Z',
        created: '2026-12-31T23:00:00.000Z',
        updated: '2027-01-01T00:00:00.001Z',
      },
      {
        bookmarked: expect.stringMatching(iso),
        created: expect.stringMatching(iso),
        updated: expect.stringMatching(iso),
      },
    ]);
  });
});

it('0029 gives service agents of its own time the former type', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  await applyMigrations(database.url, { to: 29 });
  const client = await database.connect();
  await client.query(`
    INSERT INTO users (id, username, password_hash) VALUES ('u', 'ada', 'x');
    INSERT INTO service_agents (id, name, config_encrypted, created_by_id, category)
    VALUES ('s', 'Scout', 'x', 'u', 'search')`);
  await undo(client, 29);
  await client.query(`
    INSERT INTO service_agents (id, name, config_encrypted, created_by_id)
    VALUES ('t', 'Tally', 'x', 'u')`);
  const { rows } = await client.query('SELECT id, type FROM service_agents ORDER BY id');
  expect(rows).toEqual([
    { id: 's', type: 'openai-compatible' },
    { id: 't', type: 'openai-compatible' },
  ]);
});
