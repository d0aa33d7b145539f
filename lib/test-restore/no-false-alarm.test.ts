import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { asAdmin } from '@/lib/rehearsal/rehearsal.test-setup';
import { randomName } from '@/lib/scratch/scratch.test-setup';
import { adminUrl } from '@/lib/testing/database';
import { type PlannedRollback, planRollback } from '@/lib/testing/planned-rollback';
import { backUp, copies, onLive, performInTurn, testRow } from './test-restore.test-setup';

const [OWNER, READER, POOR] = ['owner', 'reader', 'poor'].map((name) => `${name}_${randomName()}`);

/** Test files take turns with the one restore at a time. */
const PATIENT = { timeout: 120_000 };

let planned: PlannedRollback;
afterEach(async () => {
  await planned.close();
  for (const role of [OWNER, READER, POOR])
    await asAdmin((client) => client.query(`DROP ROLE IF EXISTS ${role}`));
});

/** What a dump prints otherwise than it was written, or what a copy can't have. */
const HARD = [
  'DROP SCHEMA IF EXISTS old',
  `ALTER TABLE rooms OWNER TO ${OWNER}`,
  `GRANT SELECT ON rooms TO ${READER}`,
  `ALTER DEFAULT PRIVILEGES FOR ROLE ${OWNER} GRANT SELECT ON TABLES TO ${READER}`,
  `CREATE POLICY mine ON rooms TO ${READER} USING (id > 0)`,
  "ALTER TABLE rooms ADD CHECK (state IN ('open', 'closed'))",
  "CREATE VIEW open_rooms AS SELECT id FROM rooms WHERE state IN ('open', 'half')",
  'CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM rooms',
  'CREATE TABLE "odd name; -- x"."a.b" (id int)',
  'INSERT INTO "odd name; -- x"."a.b" VALUES (1)',
  'CREATE INDEX broken ON rooms (state)',
  "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass",
  'ALTER TABLE rooms ADD CONSTRAINT later CHECK (id < 1000) NOT VALID',
];

async function plan(...more: string[]): Promise<void> {
  planned = await planRollback({
    migrations: [
      {
        tag: '0000_rooms',
        up: [
          "CREATE TABLE rooms (id serial PRIMARY KEY, state varchar(9) DEFAULT 'open')",
          'CREATE SCHEMA "odd name; -- x"',
          "INSERT INTO rooms (state) SELECT 'open' FROM generate_series(1, 9)",
        ],
        down: ['DROP TABLE rooms'],
      },
      {
        tag: '0001_seats',
        up: ['ALTER TABLE rooms ADD COLUMN seats int'],
        down: ['ALTER TABLE rooms DROP COLUMN seats'],
      },
    ],
    undo: 1,
  });
  await asAdmin(async (client) => {
    for (const role of [OWNER, READER]) await client.query(`CREATE ROLE ${role}`);
  });
  await onLive(planned, ...HARD, ...more);
}

/** As on a server that never had them: they are only left where the live database names them. */
async function withRolesRenamed<T>(work: () => Promise<T>): Promise<T> {
  const rename = (from: string, to: string) =>
    asAdmin(async (client) => {
      for (const role of [OWNER, READER])
        await client.query(`ALTER ROLE ${from}${role} RENAME TO ${to}${role}`);
    });
  await rename('', 'gone_');
  try {
    return await work();
  } finally {
    await rename('gone_', '');
  }
}

describe.skipIf(!pgDumpFound)('what a restored copy has otherwise for a reason', PATIENT, () => {
  it('is no difference: wording, owners, rights, an index that was broken, a check not validated', async () => {
    await plan();
    const { testRestoreId } = await backUp(planned);
    expect(await performInTurn(planned, testRestoreId)).toBe('passed');
    const { check, rehearsal } = await testRow(planned, testRestoreId);
    expect(check).toMatchObject({ ok: true, tables: 3, invalid: [], mismatches: [] });
    expect(check?.fingerprint.found).toBe(check?.fingerprint.expected);
    expect(check?.remarks).toEqual(
      expect.arrayContaining([
        'Restored without owners: everything in the copy belongs to the scratch server’s role.',
        'Invalid when the backup was taken, and so in no dump: public.broken. Drop or rebuild them on the target.',
      ]),
    );
    expect(rehearsal).toMatchObject({ ok: true });
  });

  it('and roles that the scratch server does not have are there only while the copy is', async () => {
    await plan();
    const { testRestoreId } = await backUp(planned);
    await withRolesRenamed(async () => {
      expect(await performInTurn(planned, testRestoreId)).toBe('passed');
      const { rows } = await asAdmin((client) =>
        client.query('SELECT FROM pg_roles WHERE rolname = ANY ($1)', [[OWNER, READER]]),
      );
      expect(rows).toEqual([]);
    });
    const { check } = await testRow(planned, testRestoreId);
    expect(check).toMatchObject({ ok: true });
    const [made] = check?.remarks.filter((remark) => remark.includes('did not have')) ?? [];
    expect(made).toContain(OWNER);
    expect(made).toContain(READER);
  });

  it('and a role that may do little restores without rights, and says so', async () => {
    await plan('DROP POLICY mine ON rooms');
    const { testRestoreId } = await backUp(planned);
    await asAdmin((client) =>
      client.query(`CREATE ROLE ${POOR} LOGIN CREATEDB PASSWORD 'as secret as it gets'`),
    );
    const url = new URL(adminUrl());
    url.username = POOR ?? '';
    url.password = encodeURIComponent('as secret as it gets');
    expect(await performInTurn(planned, testRestoreId, { scratchUrl: url.href })).toBe('passed');
    const { check } = await testRow(planned, testRestoreId);
    expect(check).toMatchObject({ ok: true });
    expect(check?.remarks.join(' ')).toContain('Restored without owners and rights');
    expect(check?.remarks.join(' ')).toContain('whose free space can’t be seen from here');
    expect(await copies(planned)).toEqual([]);
  });
});

describe.skipIf(!pgDumpFound)('what really differs', PATIENT, () => {
  const setManifest = (path: string, value: unknown) =>
    planned.control.pool.query(
      'UPDATE backstep.backups SET manifest = jsonb_set(manifest, $1, $2)',
      [path, JSON.stringify(value)],
    );

  it('is found by name: rows, and another schema', async () => {
    await plan();
    const { testRestoreId } = await backUp(planned);
    await setManifest('{schemaFingerprint}', 'f'.repeat(64));
    await setManifest('{rows}', [
      { table: 'public.rooms', rows: 10 },
      { table: 'odd name; -- x.a.b', rows: 1 },
      { table: 'drizzle.__drizzle_migrations', rows: 2 },
      { table: 'public.gone', rows: 0 },
    ]);
    expect(await performInTurn(planned, testRestoreId)).toBe('failed');
    const { check, error, rehearsal } = await testRow(planned, testRestoreId);
    expect(check).toMatchObject({
      ok: false,
      mismatches: [
        { table: 'public.gone', expected: 0, found: 0 },
        { table: 'public.rooms', expected: 10, found: 9 },
      ],
    });
    expect(error).toBe(
      'The table public.gone has 0 rows in the copy and 0 in the manifest, and 1 more table differs; the schema is another one than the manifest says.',
    );
    // Nothing is rehearsed on what is not the backup.
    expect(rehearsal).toBeNull();
    expect(await copies(planned)).toEqual([]);
  });
});
