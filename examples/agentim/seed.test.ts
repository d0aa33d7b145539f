import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { applyMigrations } from './apply';
import { seedAgentim, writeSince } from './seed';
import { tableChecksums } from './testing/table-checksums';

const rowsAtProductionHead = {
  users: 200,
  refresh_tokens: 320,
  api_keys: 80,
  settings: 14,
  push_subscriptions: 260,
  revoked_tokens: 450,
  gateways: 36,
  agents: 24,
  routers: 12,
  rooms: 40,
  room_members: 1497,
  room_invites: 60,
  messages: 60_000,
  message_edits: 998,
  message_reactions: 12_907,
  message_attachments: 1500,
  bookmarks: 1400,
  room_agents: 90,
  tasks: 900,
  service_agents: 18,
  audit_logs: 5000,
};

interface Seeded {
  database: TestDatabase;
  inserted: Record<string, number>;
  checksums: Record<string, string>;
}

async function seeded(head: number, timeZone: string): Promise<Seeded> {
  const database = await createTestDatabase();
  await applyMigrations(database.url, { to: head });
  const client = await database.connect();
  await client.query(`SELECT set_config('TimeZone', $1, false)`, [timeZone]);
  const inserted = await seedAgentim(client);
  await client.query(`SET TimeZone = 'UTC'`);
  const checksums = await tableChecksums(client);
  await client.end();
  return { database, inserted, checksums };
}

describe("AgentIM's seed", () => {
  let production: Seeded;
  let again: Seeded;
  let staging: Seeded;

  beforeAll(async () => {
    [production, again, staging] = await Promise.all([
      seeded(35, 'UTC'),
      seeded(35, 'America/New_York'),
      seeded(41, 'UTC'),
    ]);
  });
  afterAll(() => Promise.all([production, again, staging].map((each) => each?.database.drop())));

  it('fills every table at 0035 with the promised number of rows', () => {
    expect(production.inserted).toEqual(rowsAtProductionHead);
    expect(Object.keys(production.checksums).sort()).toEqual(
      Object.keys(rowsAtProductionHead).sort(),
    );
  });

  it('fills the newer tables too at 0041', () => {
    expect(staging.inserted).toEqual({ ...rowsAtProductionHead, tool_calls: 3000 });
    expect(staging.checksums.room_daily_activity).not.toMatch(/^0 rows/);
  });

  it('writes the same bytes in another database and another time zone', () => {
    expect(again.checksums).toEqual(production.checksums);
  });

  it('gives the newer columns values that a rollback can lose', async () => {
    const client = await staging.database.connect();
    const { rows } = await client.query(`
      SELECT (SELECT count(*)::int FROM gateways WHERE ephemeral) AS ephemeral,
        (SELECT count(*)::int FROM tasks WHERE result IS NOT NULL) > 200 AS results,
        (SELECT count(*)::int FROM tasks WHERE due_date IS NOT NULL) AS due_dates,
        (SELECT count(*)::int FROM users WHERE max_ws_connections IS NOT NULL) AS limits,
        (SELECT count(*)::int FROM rooms WHERE agent_command_role <> 'member') AS command_roles,
        (SELECT array_agg(DISTINCT category ORDER BY category) FROM service_agents) AS categories`);
    await client.end();
    expect(rows).toEqual([
      {
        ephemeral: 4,
        results: true,
        due_dates: 600,
        limits: 20,
        command_roles: 13,
        categories: ['chat', 'image', 'search'],
      },
    ]);
  });

  it('lets every room know its newest message', async () => {
    const client = await production.database.connect();
    const { rows } = await client.query(`
      SELECT r.id FROM rooms r
      WHERE r.last_message_at IS DISTINCT FROM
        (SELECT max(m.created_at) FROM messages m WHERE m.room_id = r.id)`);
    expect(rows).toEqual([]);
    await client.end();
  });

  it('writes a day on top of what was seeded before the newest migrations', async () => {
    const database = await createTestDatabase();
    await applyMigrations(database.url, { to: 32 });
    const client = await database.connect();
    try {
      await seedAgentim(client);
      await applyMigrations(database.url, { to: 35 });
      const written = await writeSince(client);
      expect(written).toMatchObject({ messages: 412, bookmarks: 24, revoked_tokens: 450 });
      const { rows } = await client.query(`
        SELECT (SELECT count(*)::int FROM messages) AS messages,
          (SELECT max(created_at) BETWEEN now() - interval '1 hour' AND now() FROM messages) AS fresh,
          (SELECT count(*)::int FROM messages
            WHERE created_at BETWEEN now() - interval '24 hours' AND now()) AS of_the_day,
          (SELECT count(*)::int FROM bookmarks
            WHERE date_trunc('milliseconds', created_at) <> created_at) > 0 AS finer`);
      expect(rows).toEqual([{ messages: 60_412, fresh: true, of_the_day: 412, finer: true }]);
    } finally {
      await client.end();
      await database.drop();
    }
  });

  it('leaves tables alone that have rows, and nothing of a seed that fails', async () => {
    const client = await production.database.connect();
    await client.query(
      `DELETE FROM bookmarks; UPDATE users SET username = 'first' WHERE id = (SELECT min(id) FROM users)`,
    );
    expect(await seedAgentim(client)).toEqual({ bookmarks: 1400 });

    await client.query(`
      TRUNCATE bookmarks, revoked_tokens;
      ALTER TABLE bookmarks ADD CONSTRAINT never CHECK (note IS NULL)`);
    await expect(seedAgentim(client)).rejects.toMatchObject({ code: '23514' });
    const { rows } = await client.query('SELECT count(*)::int AS n FROM revoked_tokens');
    expect(rows).toEqual([{ n: 0 }]);
    await client.end();
  });
});
