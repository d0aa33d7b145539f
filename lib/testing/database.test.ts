import { afterEach, describe, expect, it } from 'vitest';
import { adminUrl, createTestCluster, createTestDatabase, type TestDatabase } from './database';

const open: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.drop()));
});

async function track(database: Promise<TestDatabase>): Promise<TestDatabase> {
  open.push(await database);
  return database;
}

async function systemIdentifier(database: TestDatabase): Promise<string> {
  const client = await database.connect();
  const result = await client.query<{ id: string }>(
    'SELECT system_identifier::text AS id FROM pg_control_system()',
  );
  await client.end();
  return result.rows[0]?.id ?? '';
}

describe('test databases', () => {
  it('are empty, and apart from each other', async () => {
    const [one, two] = await Promise.all([
      track(createTestDatabase()),
      track(createTestDatabase()),
    ]);
    const first = await one.connect();
    await first.query('CREATE TABLE only_here (id int)');
    await first.end();
    const second = await two.connect();
    const found = await second.query("SELECT to_regclass('only_here') AS name");
    await second.end();
    expect(found.rows).toEqual([{ name: null }]);
  });

  it('copy a template with its rows', async () => {
    const template = await track(createTestDatabase());
    const writer = await template.connect();
    await writer.query('CREATE TABLE copied AS SELECT 7 AS n');
    await writer.end();
    const copy = await track(createTestDatabase({ template: template.name }));
    const reader = await copy.connect();
    expect((await reader.query('SELECT n FROM copied')).rows).toEqual([{ n: 7 }]);
    await reader.end();
  });

  it('are dropped although a session is still open', async () => {
    const database = await createTestDatabase();
    const client = await database.connect();
    const cut = new Promise((resolve) => client.once('end', resolve));
    await database.drop();
    await cut;
    await expect(database.connect()).rejects.toMatchObject({ code: '3D000' });
  });

  it('stand on another system identifier in a second cluster, which goes after stop', async () => {
    const cluster = await createTestCluster();
    const there = await createTestDatabase({ server: cluster.url });
    const here = await track(createTestDatabase({ server: adminUrl() }));
    expect(await systemIdentifier(there)).not.toBe(await systemIdentifier(here));
    await cluster.stop();
    await expect(there.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
