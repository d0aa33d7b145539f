import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  MigrationEntry,
  MigrationFile,
  MigrationList,
  MigrationState,
  RollbackCandidate,
} from './migration';
import { destinations, planChain, resolveCandidates, rollbackFileName } from './plan-chain';
import type { Grade, Proof } from './proof';

interface Sketch {
  state?: MigrationState;
  rollback?: boolean;
  problem?: string;
  id?: number;
  at?: number;
  candidates?: RollbackCandidate[];
  blockedBy?: string;
  absent?: boolean;
}

type Listed = Pick<MigrationList, 'entries' | 'rollbackPattern' | 'layout'>;

/** Entries from oldest to newest; `{}` is an applied migration with a good rollback script. */
function list(...sketches: Sketch[]): Listed {
  const entries = sketches.map((sketch, index): MigrationEntry => {
    const state = sketch.state ?? 'applied';
    const tag = state === 'unknown' ? undefined : `${String(index).padStart(4, '0')}_m`;
    const waiting = state === 'pending' || state === 'skipped';
    return {
      key: tag ?? `unknown-${index + 1}`,
      tag,
      number: tag?.slice(0, 4),
      state,
      fileChanged: state === 'changed',
      file: sketch.absent ? absentFile(index, tag ?? '') : undefined,
      row: waiting
        ? undefined
        : {
            id: sketch.id ?? index + 1,
            hash: 'ab'.repeat(32),
            createdAt: String(sketch.at ?? 1_000 * (index + 1)),
          },
      rollback:
        sketch.rollback === false || state === 'unknown'
          ? undefined
          : { name: `${tag}.sql`, pairedBy: 'tag', bytes: 1, sha256: '', sql: ';' },
      rollbackProblem: sketch.problem,
      candidates: sketch.candidates ?? [],
      proof: undefined,
      blockedBy: sketch.blockedBy,
    };
  });
  return { entries, rollbackPattern: '{number}_rollback.sql', layout: 'journal' };
}

const absentFile = (position: number, tag: string): MigrationFile => ({
  position,
  idx: position,
  tag,
  when: position,
  path: `${tag}.sql`,
  absent: true,
  hash: '',
  sql: '',
  breakpoints: true,
});

const proofOf = (grade: Grade): Proof => ({
  grade,
  losesData: 'none',
  dataNotes: [],
  residue: [],
  missing: [],
  reapply: 'ok',
  secondRun: 'ok',
  error: null,
  remarks: ['seen'],
  changes: [],
  hazards: [],
  method: 'transaction',
  durationMs: 1,
});

const candidate = (name: string, grade?: Grade): RollbackCandidate => ({
  file: { name, pairedBy: 'number', bytes: 1, sha256: name, sql: ';' },
  why: `${name} shares only the number.`,
  proof: grade && proofOf(grade),
});

const chainOf = (of: ReturnType<typeof list>, key: string) => {
  const found = planChain(of, key);
  return found.ok ? found.chain.map((entry) => entry.key) : found.refusal;
};

describe('a chain', () => {
  it('undoes everything above the new head, newest first', () => {
    expect(chainOf(list({}, {}, {}, {}), '0001_m')).toEqual(['0003_m', '0002_m']);
  });

  it('leaves out what is not applied', () => {
    const entries = list({}, {}, { state: 'skipped' }, {}, { state: 'pending' });
    expect(chainOf(entries, '0000_m')).toEqual(['0003_m', '0001_m']);
  });

  it('does not lead to the head, to what is not applied, or to nowhere', () => {
    const entries = list({}, { state: 'skipped' }, {}, { state: 'pending' });
    expect(chainOf(entries, '0002_m')).toMatchObject({ code: 'already_head', key: '0002_m' });
    expect(chainOf(entries, '0003_m')).toMatchObject({ code: 'not_applied' });
    expect(chainOf(entries, '0001_m')).toMatchObject({
      code: 'not_applied',
      message: expect.stringContaining('passed it over'),
    });
    expect(chainOf(entries, '0009_m')).toMatchObject({ code: 'not_applied', key: '0009_m' });
  });

  it('stops at a gap, which itself can be the new head', () => {
    const entries = list({}, {}, { rollback: false }, {});
    expect(chainOf(entries, '0002_m')).toEqual(['0003_m']);
    const refusal = {
      code: 'no_rollback_file',
      key: '0002_m',
      message:
        '0002_m has no rollback script, so nothing at or below it can be undone. Write 0002_rollback.sql, or restore from a backup.',
    };
    expect(chainOf(entries, '0001_m')).toEqual(refusal);
    expect(chainOf(entries, '0000_m')).toEqual(refusal);
    expect(destinations(entries).barrier).toEqual(refusal);
  });

  it('stops at a script that can’t be used, and repeats why', () => {
    const entries = list({}, { problem: '0001_m.sql, line 3: COMMIT is refused.' }, {});
    expect(chainOf(entries, '0000_m')).toMatchObject({
      code: 'rollback_unusable',
      key: '0001_m',
      message: expect.stringContaining('line 3: COMMIT is refused.'),
    });
  });

  it('stops at a row that no file belongs to, and does not lead to it', () => {
    const entries = list({}, { state: 'unknown' }, {});
    expect(chainOf(entries, 'unknown-2')).toMatchObject({ code: 'unknown_row' });
    expect(chainOf(entries, '0000_m')).toMatchObject({
      code: 'unknown_row',
      key: 'unknown-2',
      message: expect.stringContaining('Row 2 of the tracking table'),
    });
  });

  it('stops at a file that was changed after it was applied', () => {
    const entries = list({}, { state: 'changed' }, {}, {});
    expect(chainOf(entries, '0001_m')).toEqual(['0003_m', '0002_m']);
    expect(chainOf(entries, '0000_m')).toMatchObject({ code: 'rollback_unusable', key: '0001_m' });
  });

  it('stops at a file that is not there', () => {
    const entries = list({}, { absent: true }, {}, {});
    expect(chainOf(entries, '0001_m')).toEqual(['0003_m', '0002_m']);
    expect(chainOf(entries, '0000_m')).toMatchObject({
      code: 'rollback_unusable',
      key: '0001_m',
      message: expect.stringMatching(/^0001_m\.sql is in the journal and not in the folder/),
    });
  });

  it('stops at candidates, and says of each why and what its round trip said', () => {
    const candidates = [candidate('0001_a.sql', 'removes_too_much'), candidate('0001_b.sql')];
    const entries = list({}, { rollback: false, candidates }, {});
    expect(chainOf(entries, '0000_m')).toEqual({
      code: 'ambiguous_rollback',
      key: '0001_m',
      message:
        'It is not sure which script undoes 0001_m, so nothing at or below it can be undone. 0001_a.sql shares only the number. Its round trip says: Removes too much. 0001_b.sql shares only the number. Name the right one 0001_m.down.sql and remove what does not belong, or restore from a backup.',
    });
  });

  it('stops at what the policy blocks, after everything that is wrong with the script', () => {
    const blockedBy = 'The script of 0001_m removes too much, and the policy blocks that.';
    expect(chainOf(list({}, { blockedBy }, {}), '0000_m')).toEqual({
      code: 'blocked_by_policy',
      key: '0001_m',
      message: blockedBy,
    });
    expect(chainOf(list({}, { blockedBy, problem: 'Line 3.' }, {}), '0000_m')).toMatchObject({
      code: 'rollback_unusable',
    });
  });

  it('leads to the foundation and not below it', () => {
    const entries = list({ state: 'foundational' }, { state: 'foundational' }, {}, {});
    expect(chainOf(entries, '0001_m')).toEqual(['0003_m', '0002_m']);
    expect(chainOf(entries, '0000_m')).toMatchObject({
      code: 'foundational',
      message: expect.stringMatching(/restoring from a backup/),
    });
    expect(destinations(entries).barrier).toMatchObject({ code: 'foundational', key: '0001_m' });
  });

  it('says restore for the foundation also behind a gap', () => {
    const entries = list(
      { state: 'foundational' },
      { state: 'foundational' },
      { rollback: false },
      {},
    );
    for (const key of ['0000_m', '0001_m']) {
      expect(chainOf(entries, key)).toMatchObject({
        code: 'foundational',
        key,
        message: expect.stringMatching(/restoring from a backup/),
      });
    }
  });
});

describe('when the times and the order of applying disagree', () => {
  it('a migration that was applied before an older one is not undone', () => {
    const entries = list({}, { id: 9 }, { id: 3 }, { id: 10 });
    expect(chainOf(entries, '0002_m')).toEqual(['0003_m']);
    expect(chainOf(entries, '0001_m')).toMatchObject({
      code: 'out_of_order',
      key: '0002_m',
      message: expect.stringContaining('0001_m was applied after 0002_m'),
    });
    expect(chainOf(entries, '0000_m')).toMatchObject({ code: 'out_of_order', key: '0002_m' });
  });

  it('a head is not chosen from among migrations of one time', () => {
    const entries = list({}, { at: 5_000 }, { at: 5_000 }, { at: 6_000 });
    expect(chainOf(entries, '0002_m')).toEqual(['0003_m']);
    expect(chainOf(entries, '0001_m')).toMatchObject({ code: 'out_of_order' });
    expect(chainOf(entries, '0000_m')).toEqual(['0003_m', '0002_m', '0001_m']);
  });
});

it('of folders, a head may be chosen from among migrations of one time: 1.0 goes by names', () => {
  const entries = list({}, { at: 5_000 }, { at: 5_000 }, { at: 6_000 });
  expect(chainOf({ ...entries, layout: 'folders' }, '0001_m')).toEqual(['0003_m', '0002_m']);
});

describe('candidates', () => {
  const entryWith = (...candidates: RollbackCandidate[]) =>
    list({ rollback: false, candidates }).entries[0] as MigrationEntry;

  it('are decided by the only exact round trip', () => {
    const right = candidate('b.sql', 'exact');
    const found = resolveCandidates(entryWith(candidate('a.sql', 'leaves_residue'), right));
    expect(found).toMatchObject({
      rollback: { name: 'b.sql', pairedBy: 'proof' },
      rollbackProblem: undefined,
      candidates: [],
      proof: {
        grade: 'exact',
        remarks: [
          'seen',
          'b.sql shares only the number. Its round trip is exact, so it counts as the script of 0000_m.',
        ],
      },
    });
    expect(right.proof?.remarks).toEqual(['seen']);
  });

  it.each<[string, RollbackCandidate[]]>([
    ['none is exact', [candidate('a.sql', 'column_order_only'), candidate('b.sql')]],
    ['several are', [candidate('a.sql', 'exact'), candidate('b.sql', 'exact')]],
  ])('stay undecided where %s', (_, candidates) => {
    const entry = entryWith(...candidates);
    expect(resolveCandidates(entry)).toBe(entry);
  });

  it('carry along why a run can’t take them', () => {
    const found = resolveCandidates(
      entryWith({ ...candidate('a.sql', 'exact'), problem: 'a.sql, line 1: by hand.' }),
    );
    expect(found.rollbackProblem).toBe('a.sql, line 1: by hand.');
    const unreadable = {
      ...entryWith(candidate('a.sql', 'exact')),
      rollbackProblem: 'b.sql: EACCES',
    };
    expect(resolveCandidates(unreadable).rollbackProblem).toBe('b.sql: EACCES');
  });

  it('do not replace a script that is there', () => {
    const entry = list({ candidates: [candidate('a.sql', 'exact')] }).entries[0] as MigrationEntry;
    expect(resolveCandidates(entry)).toBe(entry);
  });
});

it('names the script that is missing by the pattern in use', () => {
  const entry = { tag: '0040_x', number: '0040' };
  expect(rollbackFileName('{tag}.down.sql', entry)).toBe('0040_x.down.sql');
  expect(rollbackFileName('{number}_rollback.sql', entry)).toBe('0040_rollback.sql');
  expect(rollbackFileName('*', entry)).toBe('0040_x.down.sql');
});

describe('whatever the list is', () => {
  const sketch = fc.record({
    state: fc.constantFrom<MigrationState>(
      'applied',
      'applied',
      'applied',
      'pending',
      'changed',
      'unknown',
      'skipped',
      'foundational',
    ),
    rollback: fc.boolean(),
    id: fc.integer({ min: 1, max: 40 }),
    at: fc.integer({ min: 1, max: 40 }),
  });

  it('an allowed chain is a gapless newest part that can be undone, and drizzle would apply it again', () => {
    fc.assert(
      fc.property(fc.array(sketch, { maxLength: 10 }), (sketches) => {
        const of = list(...sketches.map((one, index) => ({ ...one, id: one.id * 100 + index })));
        const applied = of.entries.filter((entry) => entry.row !== undefined);
        for (const [key, found] of destinations(of).byKey) {
          if (!found.ok) {
            expect(found.refusal.message).toMatch(/\.$/);
            continue;
          }
          const undone = new Set(found.chain.map((entry) => entry.key));
          const stays = applied.filter((entry) => !undone.has(entry.key));
          const newest = Math.max(...stays.map((entry) => Number(entry.row?.createdAt)));
          expect(Number(stays.find((entry) => entry.key === key)?.row?.createdAt)).toBe(newest);
          const ids = found.chain.map((entry) => entry.row.id);
          expect(ids).toEqual([...ids].sort((a, b) => b - a));
          expect(Math.min(...ids)).toBeGreaterThan(
            Math.max(...stays.map((entry) => entry.row?.id ?? 0)),
          );
          for (const entry of found.chain) {
            expect(entry.state).toBe('applied');
            expect(entry.rollback).toBeDefined();
            expect(Number(entry.row.createdAt)).toBeGreaterThan(newest);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
