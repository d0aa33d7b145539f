import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendAudit } from '@/lib/audit';
import { inTransaction } from '@/lib/control';
import { exportHistory } from '@/lib/history';
import { createSampleControl, type SampleControl } from '@/lib/migrations/sample-control.fixture';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The program itself, without any database in its environment. */
async function run(argv: readonly string[], { cwd = root, input = '' } = {}) {
  const program = path.join(root, 'bin', 'backstep.mjs');
  const child = spawn(process.execPath, [program, ...argv], {
    cwd,
    env: { NODE_ENV: 'test', PATH: process.env.PATH ?? '' },
  });
  child.stdin.on('error', () => undefined).end(input);
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { out, err, code };
}

/** The first run after a change bundles the program. */
const PATIENCE = 60_000;

describe('backstep audit verify', { timeout: PATIENCE }, () => {
  let room: SampleControl;
  let folder: string;
  let whole: string;

  beforeAll(async () => {
    room = await createSampleControl();
    folder = await mkdtemp(path.join(tmpdir(), 'backstep-audit-'));
    const ctx = room.as(room.people.admin);
    for (const subject of ['Zoë', 'two\u2028lines', 'third', 'fourth']) {
      await inTransaction(ctx, (tx) =>
        appendAudit(tx, { action: 'person.add', subject, target: 'shop', outcome: 'done' }),
      );
    }
    whole = await exported('whole.jsonl');
  });
  afterAll(async () => {
    await room?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  async function exported(name: string, filters = {}, format: 'csv' | 'jsonl' = 'jsonl') {
    const lines = await exportHistory(room.as(room.people.auditor), filters, format);
    await writeFile(path.join(folder, name), lines);
    return path.join(folder, name);
  }

  /** The same export after somebody was at it. */
  async function edited(change: (text: string) => string) {
    const file = path.join(folder, 'edited.jsonl');
    await writeFile(file, change(await readFile(whole, 'utf8')));
    return file;
  }

  it('finds an export intact, from wherever it is called', async () => {
    const { out, err, code } = await run(['audit', 'verify', 'whole.jsonl'], { cwd: folder });
    expect(out).toMatch(/^Intact\. 5 rows, from the first to that of this export/);
    expect(out).toMatch(/Last row: 5, 2\S+Z, hash [0-9a-f]{64}/);
    expect([err, code]).toEqual(['', 0]);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ['a changed row', (text) => text.replace('third', 'fifth'), /line 3\. Row 3 was changed/],
    [
      'a row taken out',
      (text) => text.split('\n').toSpliced(1, 1).join('\n'),
      /line 2\. Row 2 is missing[\s\S]*--part/,
    ],
    ['a cut-off end', (text) => text.split('\n').slice(0, 3).join('\n'), /missing after row 3/],
    ['nothing at all', () => '', /holds no row/],
  ])('ends with 1 for %s', async (_name, change, words) => {
    const { out, err, code } = await run(['audit', 'verify', await edited(change)]);
    expect(out).toMatch(words);
    expect([err, code]).toEqual(['', 1]);
  });

  it('reads standard input, answers in JSON, and knows a hash that was kept', async () => {
    const lines = (await readFile(whole, 'utf8')).split('\n');
    const { hash } = JSON.parse(lines[1] ?? '');
    const asked = ['audit', 'verify', '-', '--json', `--head=${hash}`];
    const { out, code } = await run(asked, { input: lines.join('\n') });
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      kind: 'whole',
      rows: 5,
      head: { hash, seq: 2 },
      brokenAt: null,
    });
    expect(code).toBe(0);
    const other = ['audit', 'verify', whole, `--head=${'0'.repeat(64)}`];
    expect(await run(other)).toMatchObject({ code: 1, out: expect.stringContaining('hash that') });
  });

  it('tells a filtered export apart, and says what it can’t know', async () => {
    const part = await exported('part.jsonl', { subject: 'third' });
    expect(await run(['audit', 'verify', part])).toMatchObject({
      code: 1,
      out: expect.stringContaining('Rows 1 to 2 are missing'),
    });
    const { out, code } = await run(['audit', 'verify', part, '--part']);
    expect(out).toMatch(/^Intact as far as it goes\. 1 row, .* this is a part of the history\./);
    expect(out).toContain('Not in the file: 1 to 2, and what came after row 3.');
    expect(out).toContain('this file can’t tell');
    expect(code).toBe(0);
  });

  it.each([
    [['audit'], /audit verify FILE/],
    [['audit', 'check', 'x'], /no command 'audit check'/],
    [['audit', 'verify'], /takes one file/],
    [['audit', 'verify', 'a', 'b'], /takes one file/],
    [['audit', 'verify', 'a', '--head=abc'], /64 characters/],
    [['audit', 'verify', 'a', '--nothing'], /--nothing/],
    [['audit', 'verify', 'nowhere.jsonl'], /nowhere\.jsonl can’t be read/],
    [['audit', 'verify', '.'], /can’t be read/],
  ])('%j could not be found out: 2', async (argv, words) => {
    const { out, err, code } = await run(argv, { cwd: folder });
    expect([out, code]).toEqual(['', 2]);
    expect(err).toMatch(words);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('refuses CSV, which does not hold what was hashed', async () => {
    const csv = await exported('history.csv', {}, 'csv');
    const { err, code } = await run(['audit', 'verify', csv]);
    expect(err).toMatch(/export the history as JSON lines/);
    expect(code).toBe(2);
  });
});
