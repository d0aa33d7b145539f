import { coverageCells, coverageLegend, coverageSummary } from '@/components/home/coverage';
import {
  type CoverageCell,
  CoverageLegend,
  CoverageStrip,
  type CoverageTone,
} from '@/components/ui/coverage-strip';
import type { TargetSummary } from '@/lib/core/views';

/** A cell is its two borders and a gap at least: more of them are wider than a phone. */
const CELLS_AT_MOST = 80;

const WORST_FIRST: CoverageTone[] = [
  'missing',
  'unusable',
  'residue',
  'loss',
  'pending',
  'present',
  'proven',
  'foundational',
];

/** Neighbours drawn as one cell, in the look of the worst of them. */
export function mergedCells(cells: readonly CoverageCell[]): CoverageCell[] {
  if (cells.length <= CELLS_AT_MOST) return [...cells];
  const size = Math.ceil(cells.length / CELLS_AT_MOST);
  const merged: CoverageCell[] = [];
  for (let start = 0; start < cells.length; start += size) {
    const part = cells.slice(start, start + size);
    const worst = WORST_FIRST.map((tone) => part.find((cell) => cell.tone === tone)).find(Boolean);
    if (!worst) continue;
    merged.push({ ...worst, selected: part.every((cell) => cell.selected) });
  }
  return merged;
}

/** How far back this target can go, as a strip with its legend. */
export function CoverageFact({ summary }: { summary: TargetSummary }) {
  return (
    <div className="max-w-xl overflow-x-clip">
      <CoverageStrip
        cells={mergedCells(coverageCells(summary.coverage))}
        summary={coverageSummary(summary.coverage)}
      />
      <div className="mt-1 flex flex-wrap items-baseline gap-x-4 gap-y-0.5 text-xs text-text-2">
        <span>
          {summary.reachesBackTo ? (
            <>
              reaches back to <code className="mono text-text">{summary.reachesBackTo}</code>
            </>
          ) : (
            'nothing can be undone'
          )}
        </span>
        <CoverageLegend entries={coverageLegend(summary.coverage)} />
      </div>
    </div>
  );
}
