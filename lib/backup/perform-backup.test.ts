import { execFile } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import { tables } from '@/lib/control';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';
import { createTestDatabase } from '@/lib/testing/database';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import {
  auditOf,
  backupRow,
  connectAs,
  eventsOf,
  fakeTools,
  holdTable,
  perform,
  pgDumpFound,
  planBackup,
  queueBackup,
  realTool,
} from './backup.test-setup';

const run = promisify(execFile);

let planned: PlannedRollback;
beforeEach(async () => {
  planned = await planBackup();
  // What is left behind is looked for here, and other test files have folders of the same names.
  vi.stubEnv('TMPDIR', planned.home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await planned.close();
});

const backupFolders = () => readdir(path.join(planned.config.backups.directory, 'chat-test'));
const passwordFolders = async () =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('backstep-pgpass-'));

describe.skipIf(!pgDumpFound)('a backup that succeeds', () => {
  it('is confirmed by four checks, and a restored copy has the same schema and rows', async () => {
    const before = Date.now();
    const id = await queueBackup(planned);
    expect(await perform(planned, id)).toBe('passed');
    const row = await backupRow(planned, id);

    expect(row).toMatchObject({ state: 'passed', error: null, progress: null });
    expect(row.checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['Identity recorded', true],
      ['Dump finished', true],
      ['Checksums stored', true],
      ['Full read', true],
    ]);
    expect(Date.parse(row.snapshotAt ?? '')).toBeGreaterThanOrEqual(before - 1_000);
    expect(Date.parse(row.snapshotAt ?? '')).toBeLessThanOrEqual(Date.parse(row.finishedAt ?? ''));
    expect(row.manifest).toMatchObject({
      target: 'chat-test',
      database: planned.plan.database,
      head: '0001_topic',
      trackingRows: 2,
      schemaFingerprint: planned.plan.schemaFingerprint,
      rows: [
        { table: 'drizzle.__drizzle_migrations', rows: 2 },
        { table: 'public.messages', rows: 5_000 },
        { table: 'public.odd name; -- x', rows: 0 },
        { table: 'public.rooms', rows: 500 },
      ],
      extensions: [{ name: 'plpgsql', version: '1.0' }],
    });
    expect(row).toMatchObject({ level: 'read', method: 'pg_dump' });
    expect(await backupFolders()).toEqual(['B-0001']);
    const location = row.location ?? '';
    expect((await stat(location)).mode & 0o777).toBe(0o700);
    expect(sha256Hex(await readFile(path.join(location, 'manifest.json')))).toBe(
      row.manifestSha256,
    );
    const sizes = row.manifest?.files.map(({ bytes }) => bytes) ?? [];
    expect(row.sizeBytes).toBe(sizes.reduce((sum, bytes) => sum + bytes, 0));
    expect(await passwordFolders()).toEqual([]);

    const progress = await eventsOf(planned, 'backup.progress');
    expect(progress[0]).toMatchObject({ payload: { phase: 'Preparing' } });
    expect(progress.at(-1)).toMatchObject({
      payload: { phase: 'Reading back', tablesDone: 4, tablesTotal: 4 },
    });
    expect(await eventsOf(planned, 'backup.finished')).toMatchObject([
      { payload: { backupId: id, ok: true } },
    ]);
    expect((await auditOf(planned)).at(-1)).toMatchObject({
      action: 'backup.finish',
      outcome: 'done',
      subject: planned.label,
    });

    const copy = await createTestDatabase();
    const pgRestore = await realTool('pg_restore');
    await run(pgRestore, ['--exit-on-error', `--dbname=${copy.url}`, location]);
    const client = await copy.connect();
    const { rows } = await client.query(
      'SELECT (SELECT count(*)::int FROM rooms) AS rooms, (SELECT count(*)::int FROM messages) AS messages, (SELECT count(*)::int FROM drizzle.__drizzle_migrations) AS tracked',
    );
    expect(rows).toEqual([{ rooms: 500, messages: 5_000, tracked: 2 }]);
    const schema = await snapshotCatalog(client, { tracking: planned.target.tracking });
    expect(fingerprint(schema)).toBe(planned.plan.schemaFingerprint);
    await client.end();
    await copy.drop();
  });

  it('holds what was there when its snapshot was taken, not what came before pg_dump began', async () => {
    const waiting = path.join(planned.home, 'waiting');
    const go = path.join(planned.home, 'go');
    planned.config.clientTools = await fakeTools(path.join(planned.home, 'late'), {
      pg_dump: `case "$*" in *--snapshot=*) touch "${waiting}"; until [ -e "${go}" ]; do sleep 0.02; done;; esac
exec "${await realTool('pg_dump')}" "$@"`,
      pg_restore: `exec "${await realTool('pg_restore')}" "$@"`,
    });
    const id = await queueBackup(planned);
    const performing = perform(planned, id);
    await vi.waitFor(() => stat(waiting), { timeout: 20_000, interval: 20 });
    const writer = await planned.live.connect();
    await writer.query("INSERT INTO rooms (name) VALUES ('too late')");
    await writer.query('INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES (1, 1)');
    await writer.end();
    await writeFile(go, '');
    expect(await performing).toBe('passed');

    const { location, manifest } = await backupRow(planned, id);
    expect(manifest).toMatchObject({ trackingRows: 2, head: '0001_topic' });
    expect(manifest?.rows).toContainEqual({ table: 'public.rooms', rows: 500 });
    const { stdout } = await run(
      await realTool('pg_restore'),
      ['--data-only', '--table=rooms', '--file=-', location ?? ''],
      { maxBuffer: 10_000_000 },
    );
    expect(stdout).toContain('room 500');
    expect(stdout).not.toContain('too late');
  });

  it.skipIf(process.platform !== 'linux')(
    'never shows the password in arguments, events, history or the row',
    async () => {
      const password = `can:ary\\ ${Math.random().toString(36).slice(2)} @/%`;
      await connectAs(
        planned,
        `dumper_${Math.random().toString(36).slice(2)}`,
        password,
        'SUPERUSER',
      );
      const id = await queueBackup(planned);
      const hold = await holdTable(planned);
      const performing = perform(planned, id);
      await hold.pgDumpWaits();
      const commands: string[] = [];
      for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
        commands.push(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
      }
      const dumps = commands.filter((command) => command.includes('--snapshot='));
      expect(dumps.some((command) => command.includes(planned.home))).toBe(true);
      const folders = await passwordFolders();
      expect(folders).toHaveLength(1);
      const file = path.join(tmpdir(), folders[0] ?? '', 'pgpass');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      await hold.release();
      expect(await performing).toBe('passed');

      const written = JSON.stringify([
        commands,
        await backupRow(planned, id),
        await auditOf(planned),
        await eventsOf(planned, 'backup.progress'),
        await eventsOf(planned, 'backup.finished'),
      ]);
      for (const form of [
        password,
        encodeURIComponent(password),
        new URL(planned.target.url).password,
      ]) {
        expect(written).not.toContain(form);
        expect(written).not.toContain(JSON.stringify(form).slice(1, -1));
      }
      expect(await passwordFolders()).toEqual([]);
    },
  );

  it('is recorded although the control database refused the record at first', async () => {
    const id = await queueBackup(planned);
    const hold = await holdTable(planned);
    const performing = perform(planned, id);
    await hold.pgDumpWaits();
    await planned.control.pool.query('ALTER TABLE backstep.audit_log RENAME TO audit_log_away');
    await hold.release();
    await vi.waitFor(async () => expect(await backupFolders()).toEqual(['B-0001']), {
      timeout: 20_000,
      interval: 20,
    });
    expect(await backupRow(planned, id)).toMatchObject({ state: 'running' });
    await planned.control.pool.query('ALTER TABLE backstep.audit_log_away RENAME TO audit_log');
    expect(await performing).toBe('passed');
    expect(await backupRow(planned, id)).toMatchObject({ state: 'passed' });
    expect(await eventsOf(planned, 'backup.finished')).toHaveLength(1);
  });

  it('has it restored to test it, with the plan of its rollback, in the same transaction', async () => {
    const id = await queueBackup(planned);
    await perform(planned, id);
    expect(await planned.control.db.select().from(tables.testRestores)).toMatchObject([
      {
        backupId: id,
        rollbackId: planned.rollbackId,
        digest: sha256Hex(canonicalJson(planned.plan)),
        state: 'queued',
      },
    ]);
    const { rows } = await planned.control.pool.query(
      "SELECT count(*)::int AS jobs FROM graphile_worker.jobs WHERE task_identifier = 'test_restore'",
    );
    expect(rows).toEqual([{ jobs: 1 }]);
  });

  it('counts the rows of a table itself, not of those that inherit from it', async () => {
    const owner = await planned.live.connect();
    await owner.query(`CREATE TABLE parent (id int); INSERT INTO parent VALUES (1);
      CREATE TABLE child () INHERITS (parent); INSERT INTO child VALUES (2), (3);
      CREATE TABLE parts (id int) PARTITION BY RANGE (id);
      CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (9);
      INSERT INTO parts VALUES (4), (5), (6), (7)`);
    await owner.end();
    const id = await queueBackup(planned);
    await perform(planned, id);
    const counted = (await backupRow(planned, id)).manifest?.rows ?? [];
    expect(Object.fromEntries(counted.map(({ table, rows }) => [table, rows]))).toMatchObject({
      'public.parent': 1,
      'public.child': 2,
      'public.parts_1': 4,
    });
    expect(counted.map(({ table }) => table)).not.toContain('public.parts');
  });

  it('leaves a folder of the same name from another installation alone', async () => {
    const first = await queueBackup(planned);
    await perform(planned, first);
    const { location } = await backupRow(planned, first);
    const other = await planBackup();
    other.config.backups.directory = planned.config.backups.directory;
    const second = await queueBackup(other);
    expect(await perform(other, second)).toBe('passed');
    const elsewhere = await backupRow(other, second);
    await other.close();
    expect(elsewhere.location).not.toBe(location);
    expect((await backupFolders()).sort()).toEqual(['B-0001', 'B-0001.2']);
  });
});

describe.skipIf(!pgDumpFound)('a backup that fails', () => {
  const expectFailure = async (id: number, sentence: RegExp) => {
    const row = await backupRow(planned, id);
    expect(row).toMatchObject({ state: 'failed', manifest: null, snapshotAt: null });
    expect(row.error).toMatch(sentence);
    expect(await eventsOf(planned, 'backup.finished')).toMatchObject([
      { payload: { ok: false, message: row.error } },
    ]);
    expect((await auditOf(planned)).at(-1)).toMatchObject({
      action: 'backup.finish',
      outcome: 'failed',
    });
    return row;
  };

  it('names the table that the role may not read, and sets the partial dump aside', async () => {
    const role = `reader_${Math.random().toString(36).slice(2)}`;
    await connectAs(planned, role, 'a-password-of-its-own', 'NOSUPERUSER');
    const owner = await planned.live.connect();
    await owner.query(`GRANT USAGE ON SCHEMA drizzle TO ${role};
      GRANT SELECT ON ALL TABLES IN SCHEMA drizzle, public TO ${role};
      GRANT SELECT ON ALL SEQUENCES IN SCHEMA drizzle, public TO ${role};
      REVOKE SELECT ON messages FROM ${role}`);
    await owner.end();
    const id = await queueBackup(planned);
    expect(await perform(planned, id)).toBe('failed');
    const row = await expectFailure(id, /may not read public\.messages.*Grant it/);
    expect(row.error).not.toContain('a-password-of-its-own');
    expect(row.checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['Identity recorded', true],
      ['Dump finished', false],
    ]);
    expect(await backupFolders()).toEqual(['B-0001.quarantined']);
    expect(row.location).toMatch(/B-0001\.quarantined$/);
    expect(await passwordFolders()).toEqual([]);
  });

  it.each([
    ['pg_dump waits', '"odd name; -- x"', /pg_dump .* holds public\.odd name; -- x exclusively/],
    ['the schema is read', 'messages', /holds public\.messages exclusively/],
  ])('names the session that holds a table for which %s', async (_, table, sentence) => {
    const id = await queueBackup(planned);
    const hold = await holdTable(planned, table);
    expect(await perform(planned, id, { lockWaitMs: 200 })).toBe('failed');
    await hold.release();
    await expectFailure(id, sentence);
  });

  it('says what to install when there is no pg_dump', async () => {
    planned.config.clientTools = await fakeTools(path.join(planned.home, 'none'), {});
    const id = await queueBackup(planned);
    expect(await perform(planned, id)).toBe('failed');
    const row = await expectFailure(id, /no pg_dump .*client_tools/);
    expect(row.location).toBeNull();
  });

  it('says which version is needed when pg_dump is too old', async () => {
    planned.config.clientTools = await fakeTools(path.join(planned.home, 'old'), {
      pg_dump: 'echo "pg_dump (PostgreSQL) 12.1"',
      pg_restore: 'echo "pg_restore (PostgreSQL) 12.1"',
    });
    const id = await queueBackup(planned);
    expect(await perform(planned, id)).toBe('failed');
    await expectFailure(id, /12\.1/);
  });

  it('finds in the full read that a file was cut off, although pg_dump said it was fine', async () => {
    const real = await realTool('pg_dump');
    const restore = await realTool('pg_restore');
    planned.config.clientTools = await fakeTools(path.join(planned.home, 'cutting'), {
      pg_dump: `"${real}" "$@" || exit $?
for argument in "$@"; do case "$argument" in --file=*) folder="\${argument#--file=}";; esac; done
[ -z "$folder" ] && exit 0
largest=$(ls -S "$folder"/*.dat.gz | head -n 1)
truncate -s -40 "$largest"`,
      pg_restore: `exec "${restore}" "$@"`,
    });
    const id = await queueBackup(planned);
    expect(await perform(planned, id)).toBe('failed');
    const row = await expectFailure(id, /pg_restore could not read the dump/);
    expect(row.checks.at(-1)).toMatchObject({ name: 'Full read', ok: false });
    expect(await backupFolders()).toEqual(['B-0001.quarantined']);
  });

  it('finds that a table is missing from the dump', async () => {
    const real = await realTool('pg_dump');
    const restore = await realTool('pg_restore');
    planned.config.clientTools = await fakeTools(path.join(planned.home, 'lacking'), {
      pg_dump: `exec "${real}" "$@" --exclude-table=messages`,
      pg_restore: `exec "${restore}" "$@"`,
    });
    const id = await queueBackup(planned);
    expect(await perform(planned, id)).toBe('failed');
    await expectFailure(id, /lacks the rows of public\.messages/);
  });

  it('refuses another database than the planned one before it dumps anything', async () => {
    const other = await createTestDatabase({ template: planned.live.name });
    planned.target.url = other.url;
    const id = await queueBackup(planned);
    expect(await perform(planned, id)).toBe('failed');
    await other.drop();
    await expectFailure(id, /now leads to the database test_/);
    expect(await readdir(planned.home)).not.toContain('backups');
  });

  it('says what to check when the target cannot be reached', async () => {
    const url = new URL(planned.live.url);
    url.port = '1';
    planned.target.url = url.href;
    const id = await queueBackup(planned);
    expect(await perform(planned, id)).toBe('failed');
    await expectFailure(id, /can’t be reached at 127\.0\.0\.1:1\//);
  });

  it('says which folder cannot be written', async () => {
    await writeFile(path.join(planned.home, 'backups'), 'a file where the folder should be');
    const id = await queueBackup(planned);
    expect(await perform(planned, id)).toBe('failed');
    await expectFailure(id, /backup folder .* cannot be written/);
  });
});

describe.skipIf(!pgDumpFound)('a backup that is stopped', () => {
  it('ends pg_dump and says that it was interrupted', async () => {
    const id = await queueBackup(planned);
    const hold = await holdTable(planned);
    const shutdown = new AbortController();
    const performing = perform(planned, id, { signal: shutdown.signal });
    await hold.pgDumpWaits();
    shutdown.abort();
    expect(await performing).toBe('interrupted');
    await hold.sessionsEnd();
    await hold.release();
    const row = await backupRow(planned, id);
    expect(row).toMatchObject({ state: 'interrupted' });
    expect(row.error).toMatch(/Take another\.$/);
    expect(await backupFolders()).toEqual(['B-0001.quarantined']);
    expect(await passwordFolders()).toEqual([]);
  });

  it('is taken by one executor only', async () => {
    const id = await queueBackup(planned);
    const results = await Promise.all([
      perform(planned, id),
      perform(planned, id, { executorId: '00000000-0000-4000-8000-000000000002' }),
    ]);
    expect(results.sort()).toEqual(['not_claimed', 'passed']);
    expect(await backupFolders()).toEqual(['B-0001']);
  });
});
