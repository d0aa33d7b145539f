import { classNames } from '@/components/ui/class-names';

export type CoverageTone =
  | 'proven'
  | 'present'
  | 'missing'
  | 'foundational'
  | 'pending'
  | 'loss'
  | 'residue'
  /** There is a script, and it is no use. */
  | 'unusable';

export interface CoverageCell {
  tone: CoverageTone;
  label: string;
  selected?: boolean;
}

export interface CoverageStripProps {
  cells: readonly CoverageCell[];
  /** The whole strip in a sentence, for example '20 proven, 2 leave residue, 3 missing'. */
  summary: string;
  size?: 'md' | 'lg';
  /** Last known, not present. */
  dim?: boolean;
  className?: string;
}

// Frames are inset shadows and outlines: a border would keep a cell from getting narrower than itself,
// and a long chain would run out of a narrow screen.
const look: Record<CoverageTone, string> = {
  proven: 'bg-ok',
  loss: 'texture-loss',
  residue: 'texture-residue',
  unusable: 'bg-danger-soft inset-ring-[1.5px] inset-ring-danger texture-barrier',
  present: 'bg-ok-soft inset-ring-[1.5px] inset-ring-ok',
  missing: 'bg-danger-soft inset-ring-[1.5px] inset-ring-danger',
  foundational: 'bg-line-2',
  pending: 'outline-1 -outline-offset-1 outline-dashed outline-field',
};

/** Above this many cells the gaps would take more room than the cells. */
const denseFrom = 80;

/** One cell for each migration, oldest left: how far back one can go, at a glance. */
export function CoverageStrip({
  cells,
  summary,
  size = 'md',
  dim = false,
  className,
}: CoverageStripProps) {
  const dense = cells.length >= denseFrom;
  return (
    <div
      role="img"
      aria-label={summary}
      className={classNames(
        'flex items-end',
        dense ? 'gap-px' : 'gap-0.5',
        size === 'lg' ? 'h-11 pb-2' : 'h-6 pb-1',
        dim && 'opacity-40',
        className,
      )}
    >
      {cells.map((cell, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place in the chain
          key={index}
          title={cell.label || undefined}
          className={classNames(
            'relative min-w-0 flex-1 rounded-xs',
            size === 'lg' ? 'max-w-2.5' : 'max-w-[9px]',
            cell.tone === 'foundational' ? 'h-[45%]' : 'h-full',
            look[cell.tone],
            cell.selected &&
              classNames(
                "after:absolute after:bg-accent after:content-['']",
                dense ? 'after:-inset-x-px' : 'after:-inset-x-0.5',
                size === 'lg' ? 'after:-bottom-2 after:h-1' : 'after:-bottom-1.5 after:h-[3px]',
              ),
          )}
        />
      ))}
    </div>
  );
}

export interface CoverageLegendEntry {
  tone: CoverageTone;
  label: string;
  count?: number;
}

/** What the cells mean, and how many there are of each. */
export function CoverageLegend({
  entries,
  className,
}: {
  entries: readonly CoverageLegendEntry[];
  className?: string;
}) {
  return (
    <ul className={classNames('flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-text-2', className)}>
      {entries.map((entry) => (
        <li key={entry.tone} className="inline-flex items-center gap-[5px] whitespace-nowrap">
          <span aria-hidden className={classNames('size-2 rounded-xs', look[entry.tone])} />
          <span>
            {entry.count === undefined ? null : (
              <b className="font-semibold text-text tabular-nums">
                {entry.count.toLocaleString('en-US')}{' '}
              </b>
            )}
            {entry.label}
          </span>
        </li>
      ))}
    </ul>
  );
}
