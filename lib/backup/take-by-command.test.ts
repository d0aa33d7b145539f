import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase } from '@/lib/testing/database';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { confirmBackup } from '.';
import {
  auditOf,
  backupRow,
  connectAs,
  eventsOf,
  fakeTools,
  perform,
  planBackup,
  queueBackup,
  systemCtx,
} from './backup.test-setup';

const SECRET = 'canary-command-4711';

let planned: PlannedRollback;
beforeEach(async () => {
  planned = await planBackup({ methods: ['command'], level: 'vouched' });
  vi.stubEnv('TMPDIR', planned.home);
  vi.stubEnv('BACKSTEP_COMMAND_TOKEN', SECRET);
  vi.stubEnv('CONTROL_DATABASE_URL', `postgres://control:${SECRET}@127.0.0.1/control`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await planned.close();
});

/** Makes a shell script the command of the target, and queues a backup. */
async function commandIs(script: string, ...args: string[]): Promise<number> {
  const folder = await fakeTools(path.join(planned.home, 'bin'), { command: script });
  planned.target.policy.backup.command = [path.join(folder, 'command'), ...args];
  return queueBackup(planned);
}

const folders = () => readdir(path.join(planned.config.backups.directory, 'chat-test'));
const isGone = (pid: number) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};
const gone = (pid: number) =>
  vi.waitFor(() => expect(isGone(pid)).toBe(true), { timeout: 10_000, interval: 20 });
const pidIn = (file: string) =>
  vi.waitFor(
    async () => {
      const pid = Number(await readFile(path.join(planned.home, file), 'utf8'));
      expect(pid).toBeGreaterThan(0);
      return pid;
    },
    { timeout: 10_000, interval: 20 },
  );

describe('a backup by the operator’s command', () => {
  it('gets the target by the environment, its placeholders one by one, and says where the backup is', async () => {
    const id = await commandIs(
      `printf '%s\\n' "$@" > "${planned.home}/arguments"
env > "${planned.home}/environment"
cp "$PGPASSFILE" "${planned.home}/password" 2>/dev/null
echo starting
echo '{"location":"s3://vault/shop","size":1234567,"sha256":"${'AB'.repeat(32)}"}'`,
      '--target={target} and {rollback}',
      '{rollback}',
    );
    await connectAs(planned, `role_${Date.now()}`, 'a-password-of-it', 'SUPERUSER');
    expect(await perform(planned, id)).toBe('passed');

    expect(await backupRow(planned, id)).toMatchObject({
      state: 'passed',
      method: 'command',
      level: 'vouched',
      location: 's3://vault/shop',
      sizeBytes: 1_234_567,
      manifest: null,
      checks: [
        { name: 'Identity recorded', ok: true },
        { name: 'Command finished', ok: true, evidence: expect.stringContaining('ab'.repeat(32)) },
      ],
    });
    expect(await readFile(path.join(planned.home, 'arguments'), 'utf8')).toBe(
      `--target=chat-test and ${planned.label}\n${planned.label}\n`,
    );
    const environment = await readFile(path.join(planned.home, 'environment'), 'utf8');
    expect(environment).toContain(`PGDATABASE=${planned.live.name}\n`);
    expect(environment).toContain(`TOKEN=${SECRET}\n`);
    expect(environment).not.toMatch(/a-password-of-it|CONTROL_DATABASE_URL|PGPASSWORD/);
    expect(await readFile(path.join(planned.home, 'password'), 'utf8')).toContain(
      'a-password-of-it',
    );
    expect(await readdir(planned.home)).not.toContainEqual(expect.stringMatching(/pgpass/));
  });

  it('relies on it by policy before a run, and says that nobody has read it', async () => {
    const id = await commandIs('exit 0');
    await perform(planned, id);
    expect(await backupRow(planned, id)).toMatchObject({ location: 'as command keeps it' });
    expect(
      await confirmBackup(systemCtx(planned), {
        backup: { id },
        identity: { ...planned.plan.database, name: 'another' },
      }),
    ).toEqual({ ok: true, evidence: expect.stringMatching(/^made by the command: .*policy/) });
  });

  it('may write into a folder of ours, which gets its final name in the end', async () => {
    const id = await commandIs(
      'mkdir "$1/base" && head -c 5000 /dev/zero > "$1/base/data" && echo "{\\"location\\":\\"$1/base\\"}"',
      '{out}',
    );
    expect(await perform(planned, id)).toBe('passed');
    expect(await folders()).toEqual(['B-0001']);
    const location = path.join(planned.config.backups.directory, 'chat-test', 'B-0001', 'base');
    expect(await backupRow(planned, id)).toMatchObject({ location, sizeBytes: 5_000 });
    expect((await stat(path.join(location, 'data'))).size).toBe(5_000);
  });

  it('shows what it prints as it goes on, cut where a line has no end', async () => {
    const id = await commandIs(
      `head -c 200000 /dev/zero | tr '\\0' x; echo
echo 'copied 40 %' >&2
until [ -e "${planned.home}/seen" ]; do sleep 0.02; done`,
    );
    const performing = perform(planned, id);
    await vi.waitFor(
      async () => {
        const phases = (await eventsOf(planned, 'backup.progress')).map(({ payload }) => payload);
        expect(phases).toContainEqual(expect.objectContaining({ phase: 'Command: copied 40 %' }));
      },
      { timeout: 20_000, interval: 50 },
    );
    await writeFile(path.join(planned.home, 'seen'), '');
    expect(await performing).toBe('passed');
    for (const { payload } of await eventsOf(planned, 'backup.progress')) {
      expect(JSON.stringify(payload).length).toBeLessThan(400);
    }
  });

  it('is not held up by what the command leaves running', async () => {
    const id = await commandIs(
      `sleep 600 & echo $! > "${planned.home}/left"; echo '{"location":"elsewhere"}'`,
    );
    expect(await perform(planned, id)).toBe('passed');
    expect(await backupRow(planned, id)).toMatchObject({ location: 'elsewhere' });
    process.kill(await pidIn('left'), 'SIGKILL');
  });
});

describe('a command that does not make one', () => {
  it.each([
    [
      'ends with a code',
      'echo "no space left" >&2; exit 3',
      /command ended with exit code 3\. .*no space left$/,
    ],
    ['dies', 'echo begun; kill -KILL $$', /command was ended by a signal\. .*begun$/],
    [
      'says a size that is none',
      `echo '{"size":"much"}'`,
      /gives a size that is not a number of bytes/,
    ],
    ['says a sum that is none', `echo '{"sha256":"abc"}'`, /gives a sha256 that is not 64 hexa/],
    ['says no location', `echo '{"location":""}'`, /gives a location that is not a text/],
  ])('that %s is not confirmed, with its last words', async (_name, script, sentence) => {
    const id = await commandIs(script);
    expect(await perform(planned, id)).toBe('failed');
    const row = await backupRow(planned, id);
    expect(row).toMatchObject({ state: 'failed', level: null, snapshotAt: null });
    expect(row.error).toMatch(sentence);
    expect(row.checks.at(-1)).toMatchObject({ name: 'Command finished', ok: false });
    expect((await auditOf(planned)).at(-1)).toMatchObject({
      action: 'backup.finish',
      outcome: 'failed',
    });
  });

  it('and has written half of it: that is set aside', async () => {
    const id = await commandIs('echo half > "$1/base"; exit 1', '{out}');
    expect(await perform(planned, id)).toBe('failed');
    expect(await folders()).toEqual(['B-0001.quarantined']);
    expect((await backupRow(planned, id)).location).toMatch(/B-0001\.quarantined$/);
  });

  it('and writes nothing into the folder that it asked for', async () => {
    const id = await commandIs('exit 0', '{out}');
    expect(await perform(planned, id)).toBe('failed');
    expect((await backupRow(planned, id)).error).toMatch(/wrote nothing into \{out\}/);
    expect(await folders()).toEqual([]);
  });

  it('is not there', async () => {
    planned.target.policy.backup.command = [path.join(planned.home, 'absent')];
    const id = await queueBackup(planned);
    expect(await perform(planned, id)).toBe('failed');
    expect((await backupRow(planned, id)).error).toMatch(
      /absent could not be started: .*ENOENT.*Check policy\.backup\.command\.$/,
    );
  });

  it('is ended with all that it started when it takes too long', async () => {
    const id = await commandIs(
      `trap '' TERM
sh -c 'trap "" TERM; echo $$ > "${planned.home}/child"; while :; do sleep 1; done' &
echo $$ > "${planned.home}/leader"
echo waiting for the tape
while :; do sleep 1; done`,
    );
    planned.target.policy.backup.command_timeout_minutes = 1 / 60;
    const performing = perform(planned, id);
    const pids = [await pidIn('leader'), await pidIn('child')];
    expect(await performing).toBe('failed');
    expect((await backupRow(planned, id)).error).toMatch(
      /still running after 0 min and was ended\. .*command_timeout_minutes\. Its last words: waiting for the tape$/,
    );
    for (const pid of pids) await gone(pid);
  });

  it('is ended with all that it started when Backstep stops', async () => {
    const id = await commandIs(
      `sh -c 'echo $$ > "${planned.home}/child"; sleep 600' & echo half > "$1/base"; wait`,
      '{out}',
    );
    const shutdown = new AbortController();
    const performing = perform(planned, id, { signal: shutdown.signal });
    const child = await pidIn('child');
    shutdown.abort();
    expect(await performing).toBe('interrupted');
    await gone(child);
    expect(await folders()).toEqual(['B-0001.quarantined']);
    expect((await backupRow(planned, id)).error).toMatch(/was stopped while it took this backup/);
  });

  it('never gets its secrets into a row, an event or the history', async () => {
    await connectAs(planned, `role_${Date.now()}`, `pass:${SECRET}\\:word`, 'SUPERUSER');
    const id = await commandIs(
      `cat "$PGPASSFILE"; echo "token $TOKEN" >&2
echo "postgres://somebody:${SECRET}-too@db/shop"
until [ -e "${planned.home}/seen" ]; do sleep 0.02; done
echo "password $TOKEN"; exit 1`,
    );
    const performing = perform(planned, id);
    await vi.waitFor(
      async () => {
        const last = (await eventsOf(planned, 'backup.progress')).at(-1)?.payload;
        expect(last).toMatchObject({ phase: expect.stringMatching(/^Command: /) });
      },
      { timeout: 20_000, interval: 50 },
    );
    await writeFile(path.join(planned.home, 'seen'), '');
    expect(await performing).toBe('failed');
    const row = await backupRow(planned, id);
    expect(row.error).toContain('token •••');
    const written = JSON.stringify([
      row,
      await auditOf(planned),
      await eventsOf(planned, 'backup.progress'),
      await eventsOf(planned, 'backup.finished'),
    ]);
    expect(written).not.toContain(SECRET);
  });

  it('is not even begun for another database than the planned one', async () => {
    const other = await createTestDatabase({ template: planned.live.name });
    const id = await commandIs(`touch "${planned.home}/begun"`);
    planned.target.url = other.url;
    expect(await perform(planned, id)).toBe('failed');
    await other.drop();
    expect((await backupRow(planned, id)).error).toMatch(/now leads to the database test_/);
    expect(await readdir(planned.home)).not.toContain('begun');
  });
});
