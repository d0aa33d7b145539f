import { describe, expect, it } from 'vitest';
import {
  allPassed,
  chainMs,
  checkLines,
  failedStep,
  isServerFault,
  locksOf,
  rehearsedWell,
  rehearsedWords,
  remedyFor,
  rowsOf,
} from './rehearsal-words';
import { backupRehearsal, restoredCheck, testRestoreFixture } from './testing/test-restore-fixture';

const { steps } = backupRehearsal();
const [first, second] = steps;
if (!first || !second) throw new Error('the fixture has two steps');

describe('a rehearsal on a backup', () => {
  it('sums up its steps, rows and locks', () => {
    expect(chainMs(steps)).toBe(8_100);
    expect(rowsOf(first)).toBe(8_911);
    expect(rowsOf(second)).toBeNull();
    expect(locksOf(first)).toEqual([
      'ROW EXCLUSIVE on public.rooms',
      'ACCESS EXCLUSIVE on public.rooms',
    ]);
    expect(locksOf(second)).toEqual([]);
    expect(allPassed(1)).toBe('the step passed');
    expect(allPassed(17)).toBe('all 17 steps passed');
  });

  it('finds the step that failed', () => {
    const error = { sqlstate: '23505', message: 'could not create unique index', line: 12 };
    expect(
      failedStep(backupRehearsal({ ok: false, steps: [first, { ...second, error }] }))?.tag,
    ).toBe('0034_index');
    expect(failedStep(backupRehearsal())).toBeUndefined();
    expect(failedStep(null)).toBeUndefined();
  });

  it.each([
    ['23505', /Rows are double/],
    ['23502', /fill them in first/],
    ['22001', /longer than the narrower type/],
    ['42P01', /Mend the script for the rows/],
  ])('knows what mends %s', (sqlstate, words) => {
    expect(remedyFor({ sqlstate })).toMatch(words);
  });

  it.each([
    ['53100', true],
    ['57P01', true],
    ['08006', true],
    ['57014', false],
    ['23505', false],
  ])('%s is the server’s fault: %s', (sqlstate, server) => {
    expect(isServerFault({ sqlstate })).toBe(server);
  });

  it('says nothing of another plan', () => {
    const rehearsed = testRestoreFixture({ rehearsal: backupRehearsal({ digest: 'mine' }) });
    expect(rehearsedWell(rehearsed, 'mine')).toBe(true);
    expect(rehearsedWell(rehearsed, 'another')).toBeNull();
    expect(rehearsedWell(testRestoreFixture(), 'mine')).toBeNull();
    expect(rehearsedWell(null, 'mine')).toBeNull();
  });
});

it('tells in a line what was rehearsed', () => {
  const rehearsal = backupRehearsal();
  expect(rehearsedWords(testRestoreFixture({ rehearsal }))).toBe(
    'RB-0017 rehearsed on it: all 2 steps passed',
  );
  expect(
    rehearsedWords(testRestoreFixture({ rehearsal: { ...rehearsal, ok: false }, state: 'failed' })),
  ).toBe('RB-0017 fails on its data');
  expect(rehearsedWords(testRestoreFixture())).toBeNull();
  expect(rehearsedWords(testRestoreFixture({ rehearsal, state: 'running' }))).toBeNull();
});

describe('what a copy was compared with', () => {
  const lines = (check: Parameters<typeof restoredCheck>[0]) =>
    Object.fromEntries(
      checkLines(restoredCheck(check)).map(({ id, ok, evidence }) => [id, [ok, evidence]]),
    );

  it('is all right', () => {
    expect(lines({})).toEqual({
      rows: [true, '61 of 61 tables, 4,118,730 rows'],
      schema: [true, 'fingerprint as in the manifest'],
      invalid: [true, 'no invalid index, no constraint that lost its validation'],
    });
  });

  it('names what is not', () => {
    const wrong = lines({
      ok: false,
      mismatches: [{ table: 'public.rooms', expected: 10, found: 9 }],
      fingerprint: { expected: 'a', found: 'b' },
      invalid: ['index public.rooms_slug_idx'],
    });
    expect(wrong).toEqual({
      rows: [false, '60 of 61 tables, 4,118,730 rows'],
      schema: [false, 'another fingerprint than in the manifest'],
      invalid: [false, 'index public.rooms_slug_idx'],
    });
  });
});
