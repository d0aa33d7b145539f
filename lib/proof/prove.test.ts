import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BORROWED_ROLE_MARK, snapshotCatalog } from '@/lib/catalog';
import { BackstepError } from '@/lib/core/errors';
import type { TemporaryServer } from '@/lib/embedded';
import { createTestCluster } from '@/lib/testing/database';
import { dropRoles, readRoles } from './cluster-roles';
import { history, migration, rollback } from './fixtures/history';
import { type ProofSubject, type ProveOptions, proveHistory } from './prove';

const PREFIX = `prove_${process.pid}_`;
/** The machine may be busy with other tests. */
const WAIT = { timeout: 20_000 };
const ROOMS = 'CREATE TABLE rooms (id serial PRIMARY KEY, name text NOT NULL)';
// One of its own: roles, and the turn to prove, are the whole server's.
let server: TemporaryServer;
let admin: pg.Client;

beforeAll(async () => {
  server = await createTestCluster();
  admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
});

afterAll(async () => {
  await admin.end();
  await server.stop();
});

function prove(subjects: readonly ProofSubject[], more: Partial<ProveOptions> = {}) {
  return proveHistory({
    scratchUrl: server.url,
    databasePrefix: PREFIX,
    subjects,
    tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
    layout: 'journal',
    ...more,
  });
}

const gradesOf = (result: Awaited<ReturnType<typeof prove>>) =>
  result.proven.map(({ tag, proof }) => [tag, proof.grade]);

async function leftOnServer(): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)
     UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 'proof\\_%'`,
    [PREFIX],
  );
  return rows.map(({ name }) => name);
}

describe('a history', () => {
  it('is walked in order, each script right after its own migration', async () => {
    const progress: [number, number, string][] = [];
    const told: string[] = [];
    const result = await prove(
      history(
        [ROOMS, 'DROP TABLE rooms;'],
        ['ALTER TABLE rooms ADD COLUMN topic text', 'ALTER TABLE rooms DROP COLUMN topic;'],
        ['CREATE INDEX rooms_topic_idx ON rooms (topic)', null],
        ['ALTER TABLE rooms ADD COLUMN color text', 'ALTER TABLE rooms DROP COLUMN color;'],
      ),
      {
        onProgress: (...seen) => progress.push(seen),
        onProven: ({ tag }) => {
          told.push(tag);
        },
      },
    );
    expect(gradesOf(result)).toEqual([
      ['0000_migration', 'exact'],
      ['0001_migration', 'exact'],
      ['0003_migration', 'exact'],
    ]);
    expect(told).toEqual(['0000_migration', '0001_migration', '0003_migration']);
    expect(progress.map(([done, total]) => [done, total])).toEqual([
      [0, 4],
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
    expect(result.unappliable).toEqual([]);
    expect(result.serverVersionNum).toBeGreaterThan(130_000);
    expect(await leftOnServer()).toEqual([]);
  });

  it('applies those that are not wanted, and proves only the others', async () => {
    const result = await prove(
      history(
        [ROOMS, 'DROP TABLE rooms;'],
        ['ALTER TABLE rooms ADD COLUMN topic text', 'ALTER TABLE rooms DROP COLUMN topic;'],
      ),
      { wanted: ({ file }) => file.position === 1 },
    );
    expect(gradesOf(result)).toEqual([['0001_migration', 'exact']]);
  });

  it('sees a statement’s changes: after up to after down', async () => {
    const result = await prove(
      history(
        [ROOMS, null],
        ['ALTER TABLE rooms ADD COLUMN topic text', 'ALTER TABLE rooms DROP COLUMN topic;'],
      ),
    );
    expect(result.proven[0]?.proof.changes).toMatchObject([
      { change: 'removed', kind: 'column', name: 'public.rooms.topic' },
    ]);
  });

  it('goes on after a migration that does not apply, and says so where a later one fails too', async () => {
    const result = await prove(
      history(
        [ROOMS, null],
        ['CREATE EXTENSION no_such_extension; CREATE TABLE maps (id int);', 'DROP TABLE maps;'],
        ['ALTER TABLE rooms ADD COLUMN topic text', 'ALTER TABLE rooms DROP COLUMN topic;'],
        ['ALTER TABLE maps ADD COLUMN a int', 'ALTER TABLE maps DROP COLUMN a;'],
      ),
    );
    expect(gradesOf(result)).toEqual([
      ['0001_migration', 'unproven'],
      ['0002_migration', 'exact'],
      ['0003_migration', 'unproven'],
    ]);
    expect(result.unappliable.map(({ tag }) => tag)).toEqual(['0001_migration', '0003_migration']);
    expect(result.unappliable[1]?.error.message).toBe('relation "maps" does not exist');
    const remarks = result.proven.map(({ proof }) => proof.remarks.join(' '));
    expect(remarks[0]).toContain('The scratch server lacks the extension no_such_extension');
    for (const remark of remarks.slice(1)) {
      expect(remark).toContain('Tried without 0001_migration, which does not apply here.');
    }
  });

  it('passes over a migration without its file', async () => {
    const subjects = history(
      [ROOMS, null],
      ['', 'DROP TABLE maps;'],
      ['ALTER TABLE rooms ADD COLUMN topic text', 'ALTER TABLE rooms DROP COLUMN topic;'],
    ).map((subject) =>
      subject.file.position === 1
        ? { ...subject, file: { ...subject.file, absent: true } }
        : subject,
    );
    const result = await prove(subjects);
    expect(gradesOf(result)).toEqual([
      ['0001_migration', 'unproven'],
      ['0002_migration', 'exact'],
    ]);
    expect(result.unappliable[0]?.error.message).toMatch(/there is no file 0001_migration\.sql/);
  });

  it('leaves a failed migration without a trace, also one that commits halfway', async () => {
    const result = await prove(
      history(
        ['BEGIN; CREATE TABLE halves (id int); COMMIT; CREATE TABLE nowhere.rooms (id int);', null],
        ['CREATE TABLE halves (id int)', 'DROP TABLE halves;'],
      ),
    );
    expect(result.unappliable.map(({ tag }) => tag)).toEqual(['0000_migration']);
    expect(gradesOf(result)).toEqual([['0001_migration', 'exact']]);
  });

  it('gives inserting migrations the ids that a fresh database would give', async () => {
    const result = await prove(
      history(
        [ROOMS, null],
        ["INSERT INTO rooms (name) VALUES ('Lobby')", "DELETE FROM rooms WHERE name = 'Lobby';"],
        [
          "INSERT INTO rooms (name) VALUES ('Attic'); DO $$ BEGIN IF NOT EXISTS (SELECT FROM rooms WHERE id = 2 AND name = 'Attic') THEN RAISE 'another id'; END IF; END $$;",
          "DELETE FROM rooms WHERE name = 'Attic';",
        ],
      ),
    );
    expect(gradesOf(result)).toEqual([
      ['0001_migration', 'no_schema_change'],
      ['0002_migration', 'no_schema_change'],
    ]);
  });

  it('of drizzle 1.0 has rows with names, in a table of another name', async () => {
    const file = migration(0, ROOMS, '20260101000000_rooms');
    const sql = `DROP TABLE IF EXISTS rooms;
DELETE FROM app.applied WHERE name = '20260101000000_rooms';`;
    const result = await prove([{ file, script: rollback('rollback.sql', sql), candidates: [] }], {
      layout: 'folders',
      tracking: { schema: 'app', table: 'applied' },
    });
    expect(result.proven[0]?.proof).toMatchObject({ grade: 'exact', remarks: [] });
  });

  it('finds a script that repeats the migration’s hash among identical empty migrations', async () => {
    const empty = '-- nothing\n';
    const [first, second] = [migration(0, empty), migration(1, empty)];
    const sql = `DELETE FROM drizzle.__drizzle_migrations WHERE hash = '${first.hash}';`;
    const result = await prove([
      { file: first, script: null, candidates: [] },
      { file: second, script: rollback('0001.sql', sql), candidates: [] },
    ]);
    expect(result.proven[0]?.proof.hazards).toMatchObject([
      { code: 'touches_other_object', severity: 'danger', line: 1 },
    ]);
  });
});

describe('candidates', () => {
  it('are proven like scripts, beside one or without', async () => {
    const [first, second] = history(
      [ROOMS, null],
      ['ALTER TABLE rooms ADD COLUMN topic text', 'ALTER TABLE rooms DROP COLUMN topic;'],
    );
    if (!first || !second) throw new Error('There are two migrations.');
    const right = rollback('0001_other_name.sql', 'ALTER TABLE rooms DROP COLUMN topic;');
    const wrong = rollback('0001_drop_all.sql', 'DROP TABLE rooms;');
    const result = await prove([first, { ...second, candidates: [right, wrong] }]);
    expect(
      result.proven.map(({ script, candidate, proof }) => [script.name, candidate, proof.grade]),
    ).toEqual([
      ['0001_migration.down.sql', false, 'exact'],
      ['0001_other_name.sql', true, 'exact'],
      ['0001_drop_all.sql', true, 'removes_too_much'],
    ]);
  });

  it('that need copies stand beside scripts that do not', async () => {
    const [first, second] = history(
      [ROOMS, null],
      ['ALTER TABLE rooms ADD COLUMN topic text', 'ALTER TABLE rooms DROP COLUMN topic;'],
    );
    if (!first || !second) throw new Error('There are two migrations.');
    const failing = rollback('0001_other.sql', 'ALTER TABLE rooms DROP COLUMN subject;');
    const result = await prove([first, { ...second, candidates: [failing] }]);
    expect(result.proven.map(({ proof }) => [proof.grade, proof.method])).toEqual([
      ['exact', 'transaction'],
      ['fails', 'copies'],
    ]);
  });
});

describe('the scratch server', () => {
  const roles = `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'proof_app') THEN CREATE ROLE proof_app; END IF; END $$;
GRANT CREATE ON SCHEMA public TO proof_app; SET ROLE proof_app; CREATE TABLE owned (id int);`;

  it('has neither databases nor roles left, whatever they own', async () => {
    await prove(history([roles, null], ['SELECT 1', 'SELECT 1;']));
    expect(await leftOnServer()).toEqual([]);
  });

  it('has none left after a failure either', async () => {
    const failing = prove(history([roles, null], ['SELECT 1', 'SELECT 1;']), {
      onProven: () => Promise.reject(new Error('the store is away')),
    });
    await expect(failing).rejects.toThrow('the store is away');
    expect(await leftOnServer()).toEqual([]);
  });

  it('loses what a crash has left under the same prefix, roles included', async () => {
    const name = `${PREFIX}99`;
    await admin.query(`CREATE DATABASE ${name}`);
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    const crashed = new pg.Client({ connectionString: url.href });
    await crashed.connect();
    await crashed.query(`CREATE SCHEMA backstep_rescue; CREATE TABLE backstep_rescue.proof_roles (name text);
      INSERT INTO backstep_rescue.proof_roles VALUES ('proof_crashed');
      CREATE ROLE proof_crashed; CREATE TABLE t (id int); ALTER TABLE t OWNER TO proof_crashed;`);
    await crashed.end();
    expect(await leftOnServer()).toEqual([name, 'proof_crashed']);
    await prove(history(['SELECT 1', null]));
    expect(await leftOnServer()).toEqual([]);
  });

  it('proves one history at a time', async () => {
    const create = 'CREATE ROLE proof_app;';
    const told: string[] = [];
    const onProgress: ProveOptions['onProgress'] = (_done, _total, what) => told.push(what);
    const one = prove(history([create, 'DROP ROLE proof_app;'], ['SELECT 1', 'SELECT 1;']), {
      onProgress,
    });
    const other = prove(history([create, 'DROP ROLE proof_app;']), {
      databasePrefix: `${PREFIX}other_`,
      onProgress,
    });
    const [first, second] = await Promise.all([one, other]);
    expect([first.proven[0]?.proof.grade, second.proven[0]?.proof.grade]).toEqual([
      'exact',
      'exact',
    ]);
    expect(told.filter((what) => what.startsWith('waiting'))).toHaveLength(1);
    expect(await leftOnServer()).toEqual([]);
  });

  it('keeps roles that were there before', async () => {
    await admin.query('CREATE ROLE proof_kept');
    try {
      const result = await prove(
        history(
          [ROOMS, null],
          ['GRANT SELECT ON rooms TO proof_kept', 'REVOKE SELECT ON rooms FROM proof_kept;'],
        ),
      );
      expect(gradesOf(result)).toEqual([['0001_migration', 'exact']]);
      expect(await leftOnServer()).toEqual(['proof_kept']);
    } finally {
      await admin.query('DROP ROLE proof_kept');
    }
  });

  it('keeps roles that somebody makes meanwhile, and grades nothing by them', async () => {
    const wait = `DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'proof_else')
      LOOP PERFORM pg_sleep(0.01); END LOOP; END $$`;
    const proving = prove(history([ROOMS, null], [wait, null], ['SELECT 1', 'SELECT 1;']));
    try {
      await vi.waitFor(async () => {
        const { rows } = await admin.query(
          "SELECT FROM pg_stat_activity WHERE starts_with(datname, $1) AND query LIKE 'DO %'",
          [PREFIX],
        );
        expect(rows).toHaveLength(1);
      }, WAIT);
      await admin.query('CREATE ROLE proof_else');
      await proving;
      expect(await leftOnServer()).toEqual(['proof_else']);
    } finally {
      await admin.query('DROP ROLE IF EXISTS proof_else');
      await proving.catch(() => undefined);
    }
  });

  it('drops no role that owns something elsewhere, whoever made it', async () => {
    await admin.query('CREATE ROLE proof_owner; CREATE TABLE of_somebody (id int)');
    await admin.query('ALTER TABLE of_somebody OWNER TO proof_owner');
    try {
      expect(await dropRoles(admin, ['proof_owner'])).toEqual(['proof_owner']);
      expect((await admin.query("SELECT to_regclass('of_somebody') AS t")).rows).toEqual([
        { t: 'of_somebody' },
      ]);
    } finally {
      await admin.query('DROP OWNED BY proof_owner; DROP ROLE proof_owner');
    }
  });

  it('takes no notice of roles that copies of a live schema borrow', async () => {
    await admin.query(
      `CREATE ROLE proof_lent; COMMENT ON ROLE proof_lent IS '${BORROWED_ROLE_MARK}'`,
    );
    try {
      expect([...(await readRoles(admin)).keys()]).not.toContain('proof_lent');
      const { objects } = await snapshotCatalog(admin, {
        tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
        cluster: true,
      });
      expect(Object.keys(objects).some((key) => key.startsWith('role '))).toBe(true);
      expect(Object.keys(objects)).not.toContain('role proof_lent');
    } finally {
      await admin.query('DROP ROLE proof_lent');
    }
  });

  it('may get roles from others meanwhile: they are no residue of a script', async () => {
    const proving = prove(
      history([ROOMS, null], ['CREATE ROLE proof_own', "SELECT pg_sleep(1), 'waiting'; SELECT 1;"]),
    );
    await expect
      .poll(async () => {
        const { rows } = await admin.query(
          "SELECT FROM pg_stat_activity WHERE query LIKE '%waiting%' AND wait_event = 'PgSleep'",
        );
        return rows.length;
      })
      .toBeGreaterThan(0);
    await admin.query('CREATE ROLE of_somebody_else; ALTER ROLE of_somebody_else SET jit = off');
    try {
      const { proven } = await proving;
      expect(proven[0]?.proof).toMatchObject({ grade: 'no_effect', residue: ['role proof_own'] });
      const { rows } = await admin.query("SELECT FROM pg_roles WHERE rolname = 'of_somebody_else'");
      expect(rows).toHaveLength(1);
    } finally {
      await admin.query('DROP ROLE of_somebody_else');
    }
  });

  it('is not changed by one that ends its transaction first', async () => {
    const name = `${PREFIX}beyond`;
    const up = `COMMIT\n--> statement-breakpoint\nCREATE DATABASE ${name}`;
    const result = await prove(history([ROOMS, null], [up, 'SELECT 1;']));
    expect(gradesOf(result)).toEqual([['0001_migration', 'unproven']]);
    expect(await leftOnServer()).toEqual([]);
  });

  it('is not changed by a migration that reaches beyond its database', async () => {
    const result = await prove(
      history(
        [ROOMS, null],
        ['CREATE DATABASE prove_beyond', 'SELECT 1;'],
        ["ALTER SYSTEM SET work_mem = '1MB'", 'SELECT 1;'],
      ),
    );
    expect(gradesOf(result)).toEqual([
      ['0001_migration', 'unproven'],
      ['0002_migration', 'unproven'],
    ]);
    const { rowCount } = await admin.query(
      "SELECT FROM pg_database WHERE datname = 'prove_beyond'",
    );
    expect(rowCount).toBe(0);
  });

  it('that can’t be reached is named without its password', async () => {
    const away = prove(history(['SELECT 1', null]), {
      scratchUrl: 'postgres://someone:secret-word@127.0.0.1:1/none',
    });
    await expect(away).rejects.toBeInstanceOf(BackstepError);
    await expect(away).rejects.toThrow(/127\.0\.0\.1:1.*can’t be reached/);
    await expect(away).rejects.not.toThrow(/secret-word/);
  });
});

describe('the bootstrap script', () => {
  it('runs before the first migration, statement by statement', async () => {
    const result = await prove(
      history(['CREATE TABLE app.rooms (id int)', 'DROP TABLE app.rooms;']),
      {
        bootstrap: 'CREATE SCHEMA app; CREATE ROLE proof_app; VACUUM;',
      },
    );
    expect(gradesOf(result)).toEqual([['0000_migration', 'exact']]);
    expect(await leftOnServer()).toEqual([]);
  });

  it('that fails stops everything, with its line and a remedy', async () => {
    const failing = prove(history([ROOMS, null]), {
      bootstrap: 'CREATE SCHEMA app;\nCREATE ROLE proof_app;\nCREATE SCHEMA app;',
    });
    await expect(failing).rejects.toMatchObject({
      code: 'rehearsal_failed',
      message: expect.stringMatching(/fails on line 3: schema "app" already exists/),
    });
    expect(await leftOnServer()).toEqual([]);
  });
});

describe('the signal', () => {
  it('ends a statement that runs, and leaves nothing', async () => {
    const controller = new AbortController();
    const going = prove(history([ROOMS, null], ['SELECT pg_sleep(60)', 'SELECT 1;']), {
      signal: controller.signal,
    });
    await expect
      .poll(async () => {
        const { rowCount } = await admin.query(
          "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND starts_with(datname, $1)",
          [PREFIX],
        );
        return rowCount;
      }, WAIT)
      .toBe(1);
    controller.abort(new Error('enough'));
    await expect(going).rejects.toThrow('enough');
    expect(await leftOnServer()).toEqual([]);
  });

  it('that was given before does nothing at all', async () => {
    await expect(
      prove(history([ROOMS, null]), { signal: AbortSignal.abort(new Error('never mind')) }),
    ).rejects.toThrow('never mind');
  });
});

it('outlives a script that ends its own session', async () => {
  const result = await prove(
    history(
      [ROOMS, null],
      ['ALTER TABLE rooms ADD COLUMN topic text', 'SELECT pg_terminate_backend(pg_backend_pid());'],
      ['ALTER TABLE rooms ADD COLUMN color text', 'ALTER TABLE rooms DROP COLUMN color;'],
    ),
  );
  expect(gradesOf(result)).toEqual([
    ['0001_migration', expect.stringMatching(/^(fails|refused)$/)],
    ['0002_migration', 'exact'],
  ]);
});
