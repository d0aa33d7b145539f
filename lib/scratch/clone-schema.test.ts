import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import type { TargetConfig } from '@/lib/core/policy';
import { findClientTool } from '@/lib/embedded';
import {
  adminUrl,
  createTestCluster,
  createTestDatabase,
  type TestDatabase,
} from '@/lib/testing/database';
import { prepareExtensions } from './clone-extensions';
import { type CloneInput, cloneSchema } from './clone-schema';
import { asAdmin, randomName, roleExists, TRACKING, Workshop } from './scratch.test-setup';
import { borrowRoles, dropUnusedRoles } from './scratch-roles';

const workshop = new Workshop();
const EXECUTOR = '00000000-0000-4000-8000-000000000007';
afterEach(async () => {
  await workshop.clear();
  for (const giveBack of release.splice(0)) await giveBack();
});

const TRACKED = [
  'CREATE SCHEMA drizzle',
  'CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint, name text, applied_at timestamptz DEFAULT now())',
];

async function snapshotOf(live: TestDatabase): Promise<CatalogSnapshot> {
  const client = await live.connect();
  const snapshot = await snapshotCatalog(client, { tracking: TRACKING });
  await client.end();
  return snapshot;
}

const release: (() => Promise<void>)[] = [];

async function cloneOf(
  { target, live }: { target: TargetConfig; live: TestDatabase },
  more: Partial<CloneInput> = {},
) {
  const snapshot = await snapshotOf(live);
  const { database, client } = await workshop.scratchDatabase();
  const clone = async () => {
    const made = await cloneSchema({
      target,
      scratch: database,
      scratchUrl: adminUrl(),
      serverVersionNum: snapshot.serverVersionNum,
      live: snapshot,
      rows: [],
      findTool: findClientTool,
      clientTools: undefined,
      applicationName: 'backstep test',
      executorId: EXECUTOR,
      signal: new AbortController().signal,
      ...more,
    });
    release.push(made.release);
    return made;
  };
  return { clone, client, database, snapshot };
}

describe('a copy of a live schema', () => {
  it('is equal to it, object by object, and holds the tracking rows', async () => {
    const { clone, client, snapshot } = await cloneOf(
      await workshop.target(
        ...TRACKED,
        "CREATE TYPE state AS ENUM ('open', 'done')",
        'CREATE TABLE rooms (id serial PRIMARY KEY, name varchar(20) NOT NULL, state state)',
        'CREATE TABLE tasks (id int GENERATED ALWAYS AS IDENTITY, room int REFERENCES rooms, CHECK (id > 0))',
        'CREATE INDEX tasks_room_idx ON tasks (room) WHERE room > 3',
        'CREATE VIEW open_rooms AS SELECT name FROM rooms',
        'CREATE MATERIALIZED VIEW counts AS SELECT count(*) FROM rooms',
        'CREATE MATERIALIZED VIEW waiting AS SELECT id FROM rooms WITH NO DATA',
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        'CREATE TRIGGER touch BEFORE UPDATE ON rooms FOR EACH ROW EXECUTE FUNCTION touch()',
        "COMMENT ON COLUMN rooms.name IS 'What people call it'",
        "INSERT INTO rooms (name, state) VALUES ('kept at home', 'open')",
        'CREATE STATISTICS rooms_stat ON id, name FROM rooms',
        'CREATE PUBLICATION shown FOR TABLE rooms',
      ),
      { rows: [{ id: 9, hash: 'abc', createdAt: '1760000000000', name: '20260101000000_a' }] },
    );
    const { catalog, differences, remarks } = await clone();
    expect(differences).toEqual([]);
    expect(remarks).toEqual([]);
    expect(fingerprint(catalog)).toBe(fingerprint(snapshot));
    const rows = await client.query('SELECT * FROM drizzle.__drizzle_migrations');
    expect(rows.rows).toEqual([
      {
        id: 9,
        hash: 'abc',
        created_at: '1760000000000',
        name: '20260101000000_a',
        applied_at: null,
      },
    ]);
    expect((await client.query('SELECT FROM rooms')).rowCount).toBe(0);
  });

  it('has the extensions in the versions of the live database, and lacks what that one lacks', async () => {
    const { clone, client } = await cloneOf(
      await workshop.target(
        ...TRACKED,
        'CREATE SCHEMA ext',
        'CREATE EXTENSION citext',
        "CREATE EXTENSION pg_trgm SCHEMA ext VERSION '1.3'",
        'CREATE TABLE people (email citext)',
        'CREATE INDEX people_email_idx ON people USING gin ((email::text) ext.gin_trgm_ops)',
        'DROP EXTENSION plpgsql',
      ),
    );
    const { differences } = await clone();
    expect(differences).toEqual([]);
    const { rows } = await client.query('SELECT extname, extversion FROM pg_extension ORDER BY 1');
    expect(rows).toEqual([
      { extname: 'citext', extversion: expect.any(String) },
      { extname: 'pg_trgm', extversion: '1.3' },
    ]);
  });

  it('is the same in other words where PostgreSQL prints a dump in other words', async () => {
    const { clone, snapshot } = await cloneOf(
      await workshop.target(
        ...TRACKED,
        "CREATE TABLE moods (mood varchar(9) CHECK (mood IN ('good', 'bad')))",
      ),
    );
    const { catalog, differences, remarks, inLiveWords } = await clone();
    expect(fingerprint(catalog)).not.toBe(fingerprint(snapshot));
    expect(fingerprint(inLiveWords(catalog))).toBe(fingerprint(snapshot));
    expect(differences).toEqual([]);
    expect(remarks).toEqual([]);
  });

  it('has no schema public where the live database has none', async () => {
    const { clone } = await cloneOf(await workshop.target(...TRACKED, 'DROP SCHEMA public'));
    const { differences } = await clone();
    expect(differences).toEqual([]);
  });

  it('takes no fence along', async () => {
    const { clone, client } = await cloneOf(
      await workshop.target(
        ...TRACKED,
        "CREATE FUNCTION drizzle.backstep_fence() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fenced'; END $$",
        'CREATE TRIGGER backstep_fence BEFORE INSERT ON drizzle.__drizzle_migrations FOR EACH STATEMENT EXECUTE FUNCTION drizzle.backstep_fence()',
      ),
      { rows: [{ id: 1, hash: 'abc', createdAt: '1' }] },
    );
    const { differences } = await clone();
    expect(differences).toEqual([]);
    expect((await client.query('SELECT FROM drizzle.__drizzle_migrations')).rowCount).toBe(1);
  });

  it('is made by the writing role where the reading one may not read every table', async () => {
    const reader = await workshop.role("LOGIN PASSWORD 'reader-only'");
    const made = await workshop.target(...TRACKED, 'CREATE TABLE secret (id int)');
    const url = new URL(made.target.url);
    url.username = reader;
    url.password = 'reader-only';
    made.target.readUrl = url.href;
    const { clone } = await cloneOf(made);
    const { differences } = await clone();
    expect(differences).toEqual([]);
  });
});

describe('roles that a live schema names', () => {
  async function serverWithRoles() {
    // The test's server is live and scratch server at once, so the roles are taken away in between.
    const [owner, reader] = [`owner_${randomName()}`, `reader_${randomName()}`];
    const made = await workshop.target(...TRACKED, 'CREATE TABLE rooms (id int, name text)');
    await workshop.on(
      made.live,
      `CREATE ROLE ${owner}; CREATE ROLE ${reader}`,
      `ALTER TABLE rooms OWNER TO ${owner}`,
      'ALTER TABLE rooms ENABLE ROW LEVEL SECURITY',
      `CREATE POLICY mine ON rooms FOR SELECT TO ${reader} USING (id > 0)`,
      `GRANT SELECT ON rooms TO ${reader}`,
      `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${reader}`,
      `ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`,
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT USAGE ON SEQUENCES TO ${reader} WITH GRANT OPTION`,
    );
    return { made, owner, reader };
  }

  it('are there, with their rights and default rights', async () => {
    const { made, owner, reader } = await serverWithRoles();
    const { clone, client } = await cloneOf(made);
    const { differences, remarks } = await clone();
    expect(differences).toEqual([]);
    expect(remarks).toEqual([]);
    const { rows } = await client.query(
      `SELECT has_table_privilege('${reader}', 'rooms', 'SELECT') AS reads`,
    );
    expect(rows).toEqual([{ reads: true }]);
    await release.pop()?.();
    // They are the live server's, so they stay.
    expect([await roleExists(owner), await roleExists(reader)]).toEqual([true, true]);
    await client.end();
    await workshop.clear();
    await asAdmin((admin) => admin.query(`DROP ROLE ${owner}; DROP ROLE ${reader}`));
  });
});

describe('a live schema on another server', () => {
  it('is copied with its roles, which go with the copy', async () => {
    const cluster = await createTestCluster();
    try {
      const [app, reader] = [`app_${randomName()}`, `reader_${randomName()}`];
      const live = await createTestDatabase({ server: cluster.url });
      await workshop.on(
        live,
        `CREATE ROLE ${app}; CREATE ROLE ${reader}`,
        `ALTER DATABASE ${live.name} OWNER TO ${app}`,
        `GRANT CREATE ON SCHEMA public TO ${app}`,
        `SET ROLE ${app}; CREATE TABLE public.rooms (id int)`,
        'ALTER TABLE rooms ENABLE ROW LEVEL SECURITY',
        `CREATE POLICY mine ON rooms FOR SELECT TO ${reader} USING (id > 0)`,
        `ALTER DEFAULT PRIVILEGES FOR ROLE ${app} IN SCHEMA public GRANT SELECT ON TABLES TO ${reader}`,
        `ALTER DEFAULT PRIVILEGES FOR ROLE ${app} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`,
        ...TRACKED,
      );
      const { target } = await workshop.target();
      const made = { target: { ...target, url: live.url, readUrl: live.url }, live };
      const { clone, client, database } = await cloneOf(made);
      const { differences, remarks } = await clone();
      expect(differences).toEqual([]);
      expect(remarks).toEqual([
        `The live schema names roles that the scratch server did not have; they are there while the copy is: ${app}, ${reader}.`,
      ]);
      // What is made on the copy gets the rights that it gets on the live database.
      await client.query('CREATE TABLE later (id int)');
      const { rows } = await client.query(
        `SELECT has_table_privilege('${reader}', 'later', 'SELECT') AS reads`,
      );
      expect(rows).toEqual([{ reads: true }]);
      await database.drop();
      await release.pop()?.();
      expect([await roleExists(app), await roleExists(reader)]).toEqual([false, false]);
    } finally {
      await cluster.stop();
    }
  });
});

describe('roles that only the live server has', () => {
  it('are made for the copy and dropped after it, once no other copy needs them', async () => {
    const [mine, theirs] = [`mine_${randomName()}`, await workshop.role()];
    const first = await borrowRoles(adminUrl(), [mine, theirs]);
    const second = await borrowRoles(adminUrl(), [mine]);
    expect(first.made).toEqual([mine]);
    expect(second.made).toEqual([mine]);
    await first.giveBack();
    expect(await roleExists(mine)).toBe(true);
    await second.giveBack();
    expect(await roleExists(mine)).toBe(false);
    expect(await roleExists(theirs)).toBe(true);
  });

  it('stay while a database that was left behind still names them', async () => {
    const name = `named_${randomName()}`;
    const { database, client } = await workshop.scratchDatabase();
    const borrowed = await borrowRoles(adminUrl(), [name]);
    await client.query(`CREATE TABLE t (); GRANT SELECT ON t TO ${name}`);
    await borrowed.giveBack();
    expect(await roleExists(name)).toBe(true);
    await database.drop();
    await dropUnusedRoles(adminUrl());
    expect(await roleExists(name)).toBe(false);
  });

  it('are told where the scratch role may not make them', async () => {
    const weak = await workshop.role("LOGIN PASSWORD 'weak-only'");
    const url = new URL(adminUrl());
    url.username = weak;
    url.password = 'weak-only';
    const name = `never_${randomName()}`;
    const borrowed = await borrowRoles(url.href, [name]);
    expect(borrowed).toMatchObject({ made: [], lacking: [name] });
    await borrowed.giveBack();
  });
});

describe('a live schema that cannot be copied', () => {
  it('says that pg_dump is missing', async () => {
    const empty = await workshop.folder({});
    const { clone } = await cloneOf(await workshop.target(...TRACKED), { clientTools: empty });
    await expect(clone()).rejects.toMatchObject({
      code: 'client_tool_missing',
      message: expect.stringContaining(empty),
    });
  });

  it('names the extensions that the scratch server does not have', async () => {
    const { client } = await workshop.scratchDatabase();
    await expect(
      prepareExtensions(client, [
        { name: 'postgis_of_a_dream', version: '3', schema: 'public' },
        { name: 'plpgsql', version: '1.0', schema: 'pg_catalog' },
      ]),
    ).rejects.toMatchObject({
      code: 'rehearsal_failed',
      message:
        'The live schema uses the extension postgis_of_a_dream, which the scratch server does not have. Install it there, or set SCRATCH_DATABASE_URL to a server that has it, then try again.',
    });
  });

  it('says what pg_dump says when somebody holds a table, and leaves nothing behind', async () => {
    const made = await workshop.target(...TRACKED, 'CREATE TABLE rooms (id int)');
    const { clone, database } = await cloneOf(made);
    const holder = await made.live.connect();
    await holder.query('BEGIN; LOCK TABLE rooms IN ACCESS EXCLUSIVE MODE');
    await expect(clone()).rejects.toMatchObject({
      code: 'rehearsal_failed',
      message: expect.stringMatching(
        /could not be dumped: pg_dump ended with exit code 1\..*rooms/,
      ),
    });
    await holder.end();
    await expect(database.connect()).rejects.toMatchObject({ code: '3D000' });
    const left = await readdir(tmpdir());
    expect(left.filter((name) => name.startsWith(`backstep-pgpass-${EXECUTOR}`))).toEqual([]);
  });

  it('ends when it is stopped', async () => {
    const made = await workshop.target(...TRACKED, 'CREATE TABLE rooms (id int)');
    const stop = new AbortController();
    const { clone } = await cloneOf(made, { signal: stop.signal });
    const holder = await made.live.connect();
    await holder.query('BEGIN; LOCK TABLE rooms IN ACCESS EXCLUSIVE MODE');
    const cloning = clone();
    const waiting = () =>
      asAdmin(async (admin) => {
        const { rowCount } = await admin.query(
          'SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE NOT granted AND datname = $1',
          [made.live.name],
        );
        return rowCount;
      });
    await expect.poll(waiting, { timeout: 20_000, interval: 20 }).toBe(1);
    stop.abort(new Error('stopped by the test'));
    await expect(cloning).rejects.toThrow('stopped by the test');
    await holder.end();
  });
});
