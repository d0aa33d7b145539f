import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BackstepError } from '@/lib/core/errors';
import { readArguments, UsageError } from './arguments';
import { check } from './check';
import { reportShape } from './report-shape.fixture';
import { temporaryFolder, writeFiles, writtenHistory } from './written-history.fixture';

const root = fileURLToPath(new URL('../..', import.meta.url));

function run(...argv: string[]) {
  const args = readArguments(['check', ...argv], root);
  if (args.command !== 'check') throw new Error('not a check');
  return check(args);
}

const TWO = [
  { tag: '0000_users', up: 'CREATE TABLE users (id int PRIMARY KEY);' },
  { tag: '0001_email', up: 'ALTER TABLE users ADD COLUMN email text;' },
];
const DOWN_0 = 'DROP TABLE IF EXISTS users;';
const DOWN_1 = 'ALTER TABLE users DROP COLUMN IF EXISTS email;';

const filesOf = ({ migrations }: Awaited<ReturnType<typeof check>>) =>
  migrations.map(({ rollback }) => rollback && [rollback.file, rollback.pairedBy]);

describe('check', () => {
  it('tells of the workshop what its texts tell, in the shape that is promised', async () => {
    const report = await run(
      '--migrations=examples/workshop/drizzle',
      '--rollbacks=examples/workshop/rollback',
    );
    expect(reportShape.parse(report)).toEqual(expect.objectContaining({ layout: 'journal' }));
    expect(report.naming).toBe('{number}_rollback.sql');
    expect(report.gaps).toEqual(['0000_tools', '0005_members', '0007_labels']);
    expect(report.ambiguous.map(({ tag, file, grade }) => [tag, file, grade])).toEqual([
      ['0005_members', '0005_drop_feature_tables.sql', null],
      ['0007_labels', '0007_remove_labels.sql', null],
    ]);
    const byTag = new Map(report.migrations.map((line) => [line.tag, line]));
    expect(byTag.get('0001_loans')).toMatchObject({
      index: 1,
      rollback: { file: '0001_rollback.sql', pairedBy: 'number' },
      grade: null,
      losesData: null,
      reapply: 'untested',
      secondRun: 'untested',
      error: null,
      verdict: null,
      hazards: expect.arrayContaining([
        expect.objectContaining({ code: 'drops_table', severity: 'danger', line: 2 }),
      ]),
    });
    expect(byTag.get('0003_due_dates')?.hazards).toContainEqual(
      expect.objectContaining({ code: 'no_effect_expected', line: 2 }),
    );
    expect(byTag.get('0006_notes')).toMatchObject({
      grade: 'refused',
      verdict: 'block',
      error: { in: 'down', line: 2, sqlstate: null },
      hazards: [{ code: 'loosens_timeout' }, { code: 'transaction_control', line: 4 }],
    });
    expect(report.summary).toMatchObject({
      migrations: 10,
      scripts: 7,
      grades: { missing: 3, refused: 1 },
      ok: false,
    });
    expect(report.summary.reasons.map((reason) => reason.split(':')[0])).toEqual([
      '0000_tools',
      '0006_notes',
      '0005_members',
      '0007_labels',
    ]);
  });

  it.each([
    ['beside them', { '0000_users.down.sql': DOWN_0, '0001_email.down.sql': DOWN_1 }],
    ['in a folder below', { 'down/0000_users.sql': DOWN_0, 'down/0001_email.sql': DOWN_1 }],
  ])('finds scripts %s where no folder is given', async (_where, scripts) => {
    const report = await run(`--migrations=${await writtenHistory(TWO, scripts)}`);
    expect(filesOf(report)).toEqual(Object.keys(scripts).map((file) => [file, 'tag']));
    expect(report).toMatchObject({ gaps: [], orphans: [], problems: [], summary: { ok: true } });
  });

  it('finds scripts in the folders of drizzle 1.0', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, {
      '20260101000000_users/migration.sql': 'CREATE TABLE users (id int PRIMARY KEY);',
      '20260101000000_users/rollback.sql': DOWN_0,
      '20260102000000_email/migration.sql': 'ALTER TABLE users ADD COLUMN email text;',
      '20260102000000_email/rollback.sql': DOWN_1,
    });
    const report = await run(`--migrations=${folder}`);
    expect(report).toMatchObject({ layout: 'folders', gaps: [], summary: { ok: true } });
    expect(filesOf(report)).toEqual([
      ['20260101000000_users/rollback.sql', 'tag'],
      ['20260102000000_email/rollback.sql', 'tag'],
    ]);
  });

  it('asks for nothing below the floor', async () => {
    const folder = await writtenHistory(TWO, { 'rollback/0001_rollback.sql': DOWN_1 });
    const where = [`--migrations=${folder}`, `--rollbacks=${folder}/rollback`];
    expect(await run(...where)).toMatchObject({ gaps: ['0000_users'], summary: { ok: false } });
    for (const from of ['0001', '0001_email']) {
      const report = await run(...where, `--from=${from}`);
      expect(report).toMatchObject({ gaps: [], summary: { ok: true, reasons: [] } });
      expect(report.migrations).toMatchObject([{ grade: 'missing', verdict: null }, {}]);
    }
    await expect(run(...where, '--from=0002')).rejects.toThrow(UsageError);
  });

  it('names what belongs to nothing', async () => {
    const folder = await writtenHistory(TWO, {
      'rollback/0000_rollback.sql': DOWN_0,
      'rollback/0001_rollback.sql': DOWN_1,
      'rollback/0009_rollback.sql': DOWN_1,
      '0007_forgotten.sql': 'SELECT 1;',
    });
    const report = await run(`--migrations=${folder}`, `--rollbacks=${folder}/rollback`);
    expect(report.orphans).toEqual(['0009_rollback.sql']);
    expect(report.problems).toEqual([
      expect.stringContaining('0007_forgotten.sql'),
      expect.stringContaining('0009_rollback.sql'),
    ]);
    expect(report.summary.ok).toBe(true);
  });

  it('names what an incremental migrate() passes over', async () => {
    const folder = await writtenHistory([
      { tag: '0000_users', up: 'SELECT 0;', when: 2_000 },
      { tag: '0001_email', up: 'SELECT 1;', when: 1_000 },
      { tag: '0002_late', up: 'SELECT 2;', when: 3_000 },
    ]);
    const report = await run(`--migrations=${folder}`, '--from=0002');
    expect(report.skippedByMigrate).toEqual(['0001_email']);
  });

  it('judges the bytes of a script, not what is left of them after decoding', async () => {
    const folder = await writtenHistory(TWO.slice(0, 1), {
      'down/0000_rollback.sql': Buffer.from(`${DOWN_0} -- verk\xe4uft`, 'latin1'),
    });
    const report = await run(`--migrations=${folder}`);
    expect(report.migrations).toMatchObject([
      { grade: 'refused', hazards: [{ code: 'not_utf8', line: 1 }] },
    ]);
    expect(report.summary.ok).toBe(false);
  });

  it('is well with nothing at all', async () => {
    const report = await run(`--migrations=${await writtenHistory([])}`);
    expect(report).toMatchObject({ migrations: [], summary: { migrations: 0, ok: true } });
  });

  it('does not guess about folders that it cannot read', async () => {
    const broken = await writtenHistory([], { 'meta/_journal.json': '{ "entries": [' });
    const empty = await temporaryFolder();
    const sound = await writtenHistory(TWO);
    for (const where of [
      [`--migrations=${broken}`],
      [`--migrations=${empty}`],
      [`--migrations=${path.join(empty, 'nowhere')}`],
      [`--migrations=${sound}`, `--rollbacks=${path.join(empty, 'nowhere')}`],
    ]) {
      await expect(run(...where), where.join(' ')).rejects.toThrow(BackstepError);
    }
  });
});
