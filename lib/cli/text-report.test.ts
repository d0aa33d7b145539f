import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { conclude } from './conclude';
import { ProgressBar } from './progress-bar';
import type { Report, ReportedHazard, ReportedMigration } from './report';
import { textReport } from './text-report';

const hazard = (label: string, line: number, more: Partial<ReportedHazard> = {}) => ({
  code: 'drops_column',
  severity: 'danger' as const,
  line,
  message: `${label}. All of it.`,
  label,
  lock: null,
  safer: null,
  ...more,
});

const migration = (index: number, more: Partial<ReportedMigration>): ReportedMigration => ({
  index,
  tag: `000${index}_step`,
  rollback: { file: `000${index}_rollback.sql`, pairedBy: 'number' },
  grade: 'exact',
  losesData: 'none',
  dataNotes: [],
  residue: [],
  missing: [],
  reapply: 'ok',
  secondRun: 'ok',
  error: null,
  hazards: [],
  remarks: [],
  verdict: null,
  ...more,
});

const MISSING = { rollback: null, grade: 'missing', losesData: null } as const;

function shown(
  migrations: ReportedMigration[],
  { floor = 0, color = false, ...more }: Partial<Report> & { floor?: number; color?: boolean } = {},
): string[] {
  const report = conclude(
    {
      layout: 'journal',
      naming: '{number}_rollback.sql',
      gaps: migrations.flatMap(({ tag, rollback, index }) =>
        rollback || index < floor ? [] : [tag],
      ),
      ambiguous: [],
      orphans: [],
      skippedByMigrate: [],
      problems: [],
      ...more,
      migrations,
    },
    { floor },
  );
  return textReport(report, { color }).split('\n');
}

it('is one line for what is well, and one for everything older that nobody asked for', () => {
  expect(
    shown([migration(0, MISSING), migration(1, MISSING), migration(2, {})], { floor: 2 }),
  ).toEqual([
    '  2 older migrations without a script, up to 0001_step: not asked for',
    '✓ 0002_step  Proven exact, keeps data  0002_rollback.sql',
    '',
    '3 migrations, 1 with a script (1 proven exact).',
    'All well.',
    '',
  ]);
});

it('says one thing once, however often it stands in a script', () => {
  const hazards = [
    hazard('Drops column a', 2),
    hazard('Drops column b', 5),
    hazard('Drops column c', 6),
    hazard('Drops column d', 9),
    hazard('Not repeatable', 2, { code: 'not_idempotent', severity: 'warn' }),
    hazard('Not repeatable', 5, { code: 'not_idempotent', severity: 'warn' }),
    hazard('Blocks writes', 2, { code: 'blocks_writes', severity: 'info' }),
  ];
  const residue = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `table public.${name}`);
  expect(shown([migration(0, { grade: 'leaves_residue', hazards, residue })])).toEqual([
    '! 0000_step  Leaves residue, keeps data  0000_rollback.sql',
    '    left behind: table public.a',
    '    left behind: table public.b',
    '    left behind: table public.c',
    '    and 3 more like these',
    '    danger: Drops column a (line 2); Drops column b (line 5); and 2 more of this kind (lines 6, 9)',
    '    warning: Not repeatable (lines 2, 5)',
    '',
    '1 migration, 1 with a script (1 leaves residue).',
    'Nothing blocks; 1 script needs an acknowledgement before a run.',
    '',
  ]);
});

it('shows why, what is ambiguous, and what is not well', () => {
  const error = { message: 'relation "x" does not exist', sqlstate: '42P01', line: 3 };
  const lines = shown(
    [
      migration(0, { grade: 'fails', losesData: null, error: { ...error, in: 'down' } }),
      migration(1, MISSING),
      migration(2, MISSING),
    ],
    {
      ambiguous: [{ tag: '0001_step', file: '0001_x.sql', grade: null, message: 'It is unsure.' }],
      problems: ['A stray file.'],
    },
  );
  expect(lines).toEqual([
    '✗ 0000_step  Fails      0000_rollback.sql',
    '    script line 3: relation "x" does not exist (SQLSTATE 42P01)',
    '✗ 0001_step  Ambiguous',
    '✗ 0002_step  Missing',
    '',
    'Scripts that may or may not belong:',
    '  It is unsure.',
    '',
    'Found in the folders:',
    '  A stray file.',
    '',
    '3 migrations, 1 with a script (1 fails); 1 without one that needs it.',
    'Not well: 0000_step, 0001_step, 0002_step.',
    '',
  ]);
});

it('says the same in colour', () => {
  const some = [migration(0, {}), migration(1, MISSING)];
  const colored = shown(some, { color: true });
  expect(colored).not.toEqual(shown(some));
  expect(colored.map(stripVTControlCharacters)).toEqual(shown(some));
});

it('shows progress as a bar on a terminal, and now and then elsewhere', () => {
  const written: string[] = [];
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  const bar = new ProgressBar({ isTTY: true, columns: 40, write });
  bar.show(5, 10, '0005_a_tag_that_is_longer_than_the_line');
  bar.end();
  expect(written).toEqual(['\r\x1b[K████████████░░░░░░░░░░░░ 5/10 0005_a_ta', '\r\x1b[K']);
  written.length = 0;
  const log = new ProgressBar({ isTTY: false, columns: 0, write });
  log.show(0, 0, 'starting PostgreSQL');
  for (let done = 0; done <= 100; done++) log.show(done, 100, done === 100 ? '' : 'x');
  log.end();
  expect(written).toHaveLength(12);
  expect(written.slice(0, 3)).toEqual(['starting PostgreSQL\n', '0/100 x\n', '10/100 x\n']);
  expect(written.at(-1)).toBe('100/100\n');
});
