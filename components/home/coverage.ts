import type {
  CoverageCell,
  CoverageLegendEntry,
  CoverageTone,
} from '@/components/ui/coverage-strip';
import type { Coverage, TargetSummary } from '@/lib/core/views';

const TONES: Record<Coverage, CoverageTone> = {
  proven: 'proven',
  acknowledge: 'loss',
  blocked: 'residue',
  present: 'present',
  missing: 'missing',
  unusable: 'unusable',
  foundational: 'foundational',
  pending: 'pending',
};

const WORDS: Record<Coverage, string> = {
  proven: 'proven',
  acknowledge: 'to acknowledge',
  blocked: 'blocked by policy',
  present: 'with a script',
  missing: 'missing',
  unusable: 'unusable',
  foundational: 'foundational',
  pending: 'pending',
};

/** The strip of a target, oldest left; what can be undone now is underlined. */
export function coverageCells(coverage: TargetSummary['coverage']): CoverageCell[] {
  return coverage.map((cell) => ({
    tone: TONES[cell.coverage],
    label: `${cell.tag}: ${WORDS[cell.coverage]}`,
    selected: cell.undoable,
  }));
}

export function coverageLegend(coverage: TargetSummary['coverage']): CoverageLegendEntry[] {
  const order: Coverage[] = [
    'proven',
    'acknowledge',
    'present',
    'blocked',
    'unusable',
    'missing',
    'foundational',
    'pending',
  ];
  return order.flatMap((kind) => {
    const count = coverage.filter((cell) => cell.coverage === kind).length;
    return count === 0 ? [] : [{ tone: TONES[kind], label: WORDS[kind], count }];
  });
}

/** The strip as a sentence. */
export function coverageSummary(coverage: TargetSummary['coverage']): string {
  const parts = coverageLegend(coverage).map(({ count, label }) => `${count} ${label}`);
  const undoable = coverage.filter((cell) => cell.undoable).length;
  return `Rollback coverage: ${parts.join(', ')}; the newest ${undoable} can be undone now.`;
}
