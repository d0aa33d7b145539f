import { describe, expect, it } from 'vitest';
import { EXACT, NO_IMPACT } from '@/lib/testing/evidence';
import { dangersOf, unacknowledged } from './dangers';
import type { RehearsalResult } from './evidence';
import type { PlanStep } from './plan';
import { DEFAULT_POLICY } from './policy';
import type { Proof } from './proof';
import type { Hazard } from './statement';

const hazard = (severity: Hazard['severity'], label: string): Hazard => ({
  code: 'drops_column',
  severity,
  label,
});

const step = (position: number, tag: string, ...statements: Hazard[][]): PlanStep => ({
  position,
  tag,
  number: tag.slice(0, 4),
  upHash: 'u',
  row: { id: 1, hash: 'u', createdAt: '1' },
  rollbackFile: `${tag}.down.sql`,
  pairedBy: 'tag',
  rollbackSha256: 'r',
  rollbackSql: '',
  unwrapped: false,
  statements: statements.map((hazards, index) => ({
    index,
    text: 'ALTER TABLE rooms DROP COLUMN topic',
    line: 3 + index,
    kind: 'AlterTableStmt',
    transactional: true,
    hazards,
  })),
});

const seen = (
  proof: Partial<Proof>,
  findings: RehearsalResult['impact']['findings'] = [],
): Pick<RehearsalResult, 'proofs' | 'impact'> => ({
  proofs: [{ position: 0, tag: '0007_topic', proof: { ...EXACT, ...proof } }],
  impact: { ...NO_IMPACT, findings },
});

const titles = (...args: Parameters<typeof dangersOf>) =>
  dangersOf(...args).map((danger) => danger.title);

describe('dangersOf', () => {
  const plan = {
    steps: [step(0, '0007_topic', [hazard('danger', 'Drops rooms.topic'), hazard('warn', 'Slow')])],
  };

  it('names what a statement destroys, with its line, and leaves warnings out', () => {
    expect(dangersOf(plan, null, DEFAULT_POLICY)).toMatchObject([
      { title: 'Drops rooms.topic', tag: '0007_topic', statement: 0, line: 3 },
    ]);
  });

  it('doubts a script that only its proof has paired, once that is no longer exact', () => {
    const paired = { steps: plan.steps.map((one) => ({ ...one, pairedBy: 'proof' as const })) };
    expect(titles(paired, seen({}), DEFAULT_POLICY)).toEqual(['Drops rooms.topic']);
    const differs = seen({ grade: 'column_order_only' });
    expect(titles(plan, differs, DEFAULT_POLICY)).toEqual(['Drops rooms.topic']);
    expect(titles(paired, differs, DEFAULT_POLICY)).toEqual([
      '0007_topic.down.sql may not be the script of 0007_topic',
      'Drops rooms.topic',
    ]);
  });

  it('adds what the live target says, only where it is dangerous', () => {
    const finding = (severity: 'info' | 'danger', message: string) => ({
      position: 0,
      statement: 0,
      code: 'violates' as const,
      severity,
      message,
    });
    const live = seen({}, [
      finding('info', 'Nothing.'),
      finding('danger', '3 rows would violate.'),
    ]);
    expect(titles(plan, live, DEFAULT_POLICY)).toEqual([
      'Drops rooms.topic',
      '3 rows would violate.',
    ]);
  });

  it('asks about a grade when the policy wants it acknowledged, and names the objects', () => {
    const live = seen({ grade: 'leaves_residue', residue: ['index public.rooms_topic_idx'] });
    const [first] = dangersOf(plan, live, DEFAULT_POLICY);
    expect(first).toMatchObject({ code: 'leaves_residue', statement: null });
    expect(first?.detail).toContain('index public.rooms_topic_idx');
    const lenient = {
      ...DEFAULT_POLICY,
      grades: { ...DEFAULT_POLICY.grades, leaves_residue: 'run' as const },
    };
    expect(titles(plan, live, lenient)).toEqual(['Drops rooms.topic']);
  });

  it('asks about lost rows beside the grade', () => {
    const live = seen({ losesData: 'older', dataNotes: ['public.rooms.name: 3 values are gone.'] });
    expect(dangersOf(plan, live, DEFAULT_POLICY)[0]).toMatchObject({
      code: 'loses_older_data',
      detail: 'public.rooms.name: 3 values are gone.',
    });
  });

  it('gives each danger a key of its own, the same one each time', () => {
    const twice = {
      steps: [
        step(0, '0007_topic', [hazard('danger', 'Drops a')], [hazard('danger', 'Drops a')]),
        step(1, '0006_a', [hazard('danger', 'Drops a'), hazard('danger', 'Drops a')]),
      ],
    };
    const keys = dangersOf(twice, null, DEFAULT_POLICY).map((danger) => danger.key);
    expect(new Set(keys).size).toBe(3);
    expect(dangersOf(twice, null, DEFAULT_POLICY).map((danger) => danger.key)).toEqual(keys);
  });
});

describe('unacknowledged', () => {
  it('counts only what was taken on for this digest', () => {
    const dangers = dangersOf(
      { steps: [step(0, '0007_a', [hazard('danger', 'A'), hazard('danger', 'B')])] },
      null,
      DEFAULT_POLICY,
    );
    const taken = (key: string, digest: string) => ({
      key,
      digest,
      by: { id: 'o', name: 'Ona' },
      at: '2026-11-22T00:00:00Z',
    });
    const [a, b] = dangers;
    const given = [taken(a?.key ?? '', 'now'), taken(b?.key ?? '', 'before')];
    expect(unacknowledged(dangers, given, 'now').map((one) => one.title)).toEqual(['B']);
  });
});
