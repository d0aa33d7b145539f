import { expect, it } from 'vitest';
import type { BackupManifest } from '@/lib/control';
import { createTestDatabase } from '@/lib/testing/database';
import { measureLoss } from './measure-loss';

const manifest: BackupManifest = {
  format: 'backstep-manifest-1',
  target: 'chat',
  database: { systemIdentifier: '1', name: 'chat', serverVersionNum: 150_000 },
  head: null,
  trackingRows: 0,
  schemaFingerprint: '',
  tool: 'pg_dump 15',
  files: [],
  rows: [
    { table: 'public.edited', rows: 2 },
    { table: 'public.same', rows: 1 },
    { table: 'public.plain', rows: 0 },
  ],
};

it('tells rows then and now, and the newest time of whatever column has it', async () => {
  const database = await createTestDatabase();
  const client = await database.connect();
  try {
    await client.query(`
      CREATE TABLE edited (updated_at timestamptz, created_at timestamptz);
      INSERT INTO edited VALUES
        (NULL, '2026-11-22 12:00:00.125Z'), ('2026-11-21 09:00Z', '2026-11-20 09:00Z'), (NULL, NULL);
      CREATE TABLE same (created_at timestamptz);
      INSERT INTO same VALUES ('2026-11-01Z');
      CREATE TABLE plain (expires_at timestamptz);
      INSERT INTO plain VALUES ('2027-01-01Z');
      CREATE TABLE added (modified timestamp);`);
    const at = '2026-11-21T00:00:00.000Z';
    const now = new Date('2026-11-22T00:00:00Z');
    const loss = await measureLoss(client, manifest, { at, now }, ['0007_added']);
    expect(loss).toMatchObject({
      takenAt: at,
      ageMs: 86_400_000,
      // The manifest is of a Backstep that did not look at the statistics.
      writes: { value: null },
      migrations: ['0007_added'],
      problems: [],
    });
    const counted = (value: number) => ({ value, estimate: false, source: 'counted' });
    expect(loss.tables.toSorted((a, b) => a.table.localeCompare(b.table))).toEqual([
      { table: 'public.added', before: null, now: counted(0), newest: null },
      {
        table: 'public.edited',
        before: 2,
        now: counted(3),
        newest: { column: 'created_at', at: '2026-11-22T12:00:00.125Z' },
      },
      // When it expires says nothing of when it was written.
      { table: 'public.plain', before: 0, now: counted(1), newest: null },
    ]);
  } finally {
    await client.end();
    await database.drop();
  }
});

it('never tells fewer rows than there are where a policy hides some from the role', async () => {
  const database = await createTestDatabase();
  const client = await database.connect();
  const role = `hidden_${database.name}`;
  try {
    await client.query(`
      CREATE ROLE ${role};
      CREATE TABLE edited (id int);
      INSERT INTO edited VALUES (1), (2), (3), (4);
      ALTER TABLE edited OWNER TO ${role};
      ALTER TABLE edited ENABLE ROW LEVEL SECURITY;
      ALTER TABLE edited FORCE ROW LEVEL SECURITY;
      CREATE POLICY few ON edited USING (id < 3);
      ANALYZE edited;
      SET ROLE ${role};`);
    const at = '2026-11-21T00:00:00.000Z';
    const loss = await measureLoss(client, manifest, { at, now: new Date(at) }, []);
    expect(loss.problems).toEqual([
      expect.stringMatching(/^public\.edited could not be counted: .*row-level security/),
    ]);
    expect(loss.tables[0]?.now).toEqual({ value: 4, estimate: true, source: 'table statistics' });
  } finally {
    await client.query(`RESET ROLE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await client.end();
    await database.drop();
  }
});
