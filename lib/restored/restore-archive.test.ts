import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeTools } from '@/lib/backup/backup.test-setup';
import { restoreArchive } from './restore-archive';

const SECRET = 'as secret as it gets';
const EXECUTOR = '00000000-0000-4000-8000-0000000000ab';
const LIST = `cat <<'END'
; Archive created at 2026-01-02
5; 2615 16385 SCHEMA - there owner
200; 1259 16386 TABLE public rooms owner
3000; 0 16386 TABLE DATA public rooms owner
END`;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'backstep-restored-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function restore(script: string, more: { signal?: AbortSignal } = {}) {
  const told: number[][] = [];
  const folder = await fakeTools(path.join(home, 'tools'), {
    pg_restore: `if [ "$1" = --list ]; then\n${LIST}\nexit 0\nfi\n${script}`,
  });
  const ended = await restoreArchive({
    program: path.join(folder, 'pg_restore'),
    folder: path.join(home, 'dump'),
    url: `postgres://backstep:${encodeURIComponent(SECRET)}@127.0.0.1:1/copy`,
    jobs: 2,
    rights: false,
    schemas: ['there'],
    executorId: EXECUTOR,
    applicationName: 'backstep test restore 1',
    signal: more.signal ?? new AbortController().signal,
    onProgress: (done, total) => told.push([done, total]),
  });
  return { ended, told };
}

const say = (...lines: string[]) => lines.map((line) => `echo '${line}' >&2`).join('\n');

describe('restoring an archive', () => {
  it('leaves out what is there, keeps the password out of the arguments, and counts', async () => {
    const { ended, told } = await restore(
      [
        `echo "$@" > ${home}/arguments`,
        `for a in "$@"; do case "$a" in --use-list=*) cp "\${a#--use-list=}" ${home}/list ;; esac; done`,
        `cat "$PGPASSFILE" > ${home}/password`,
        say(
          'pg_restore: processing item 200 TABLE rooms',
          'pg_restore: creating TABLE "public.rooms"',
          'pg_restore: launching item 3000 TABLE DATA rooms',
          'pg_restore: finished item 3000 TABLE DATA rooms',
        ),
      ].join('\n'),
    );
    expect(ended.restoreMs).toBeGreaterThan(0);
    expect(told).toEqual([
      [1, 2],
      [2, 2],
    ]);
    const given = await readFile(path.join(home, 'arguments'), 'utf8');
    expect(given).not.toContain('secret');
    expect(given).toContain('--no-owner --no-acl --no-tablespaces --no-subscriptions');
    expect(await readFile(path.join(home, 'list'), 'utf8')).toBe(
      '200; 1259 16386 TABLE public rooms owner\n3000; 0 16386 TABLE DATA public rooms owner\n',
    );
    expect(await readFile(path.join(home, 'password'), 'utf8')).toContain(SECRET);
    const left = (await readdir(tmpdir())).filter((name) => name.includes(EXECUTOR));
    expect(left).toEqual([]);
  });

  it('ends at the first thing that the server refuses, with its details and a remedy', async () => {
    // It would go on for ten minutes; what it says is enough.
    const failing = restore(
      `${say(
        'pg_restore: error: could not execute query: ERROR:  could not extend file "base/1/2": No space left on device',
        'HINT:  Check free disk space.',
        'Command was: COPY public.rooms FROM stdin;',
      )}\nexec sleep 600`,
    );
    await expect(failing).rejects.toMatchObject({
      code: 'restore_failed',
      message:
        'pg_restore could not restore it: could not execute query: ERROR:  could not extend file "base/1/2": No space left on device HINT:  Check free disk space. The server’s disk is full. Free some space there, then try again.',
    });
  });

  it('bears with a setting that an older server does not know', async () => {
    const { ended } = await restore(
      `${say(
        'pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"',
        'Command was: SET transaction_timeout = 0;',
        'pg_restore: warning: errors ignored on restore: 1',
      )}\nexit 1`,
    );
    expect(ended.restoreMs).toBeGreaterThan(0);
  });

  it('fails when the program ends without a word, and when its caller gives up', async () => {
    await expect(restore('exit 3')).rejects.toMatchObject({
      message: expect.stringContaining('exit code 3'),
    });
    const ending = new AbortController();
    const ended = restore('exec sleep 600', { signal: ending.signal });
    ending.abort(new Error('the executor ends'));
    await expect(ended).rejects.toThrow('the executor ends');
  });
});
