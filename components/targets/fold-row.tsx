import { rangeOf } from '@/components/targets/arrange-rows';
import { Icon } from '@/components/ui/icon';
import { GroupRow } from '@/components/ui/table';
import type { MigrationLine } from '@/lib/core/views';

export interface FoldRowProps {
  of: 'older' | 'foundational';
  lines: readonly MigrationLine[];
  open: boolean;
  onToggle: () => void;
  colSpan: number;
}

/** Stands for lines that are folded away, and heads them once they are unfolded. */
export function FoldRow({ of, lines, open, onToggle, colSpan }: FoldRowProps) {
  const migrations = `${lines.length.toLocaleString('en-US')} ${lines.length === 1 ? 'migration' : 'migrations'}`;
  return (
    <GroupRow colSpan={colSpan} size="tall">
      <button
        type="button"
        aria-expanded={open}
        onClick={onToggle}
        className="-mx-3 flex min-h-11 w-[calc(100%+1.5rem)] cursor-pointer items-center gap-6 px-3 text-left max-md:gap-1 max-md:pl-1 focus-visible:-outline-offset-2 hover:bg-hover"
      >
        <span className="flex w-8 shrink-0 justify-center">
          <Icon
            name={open ? 'chevronDown' : of === 'foundational' ? 'lock' : 'chevronRight'}
            className="text-text-3"
          />
        </span>
        {of === 'foundational' ? (
          <span>
            <b className="font-semibold text-text">Foundational</b>{' '}
            <span className="font-mono text-xs">{rangeOf(lines)}</span>, {migrations}: restore from
            a backup
          </span>
        ) : (
          <span>
            <b className="font-semibold text-text">
              {lines.length.toLocaleString('en-US')} older migrations
            </b>{' '}
            <span className="font-mono text-xs">{rangeOf(lines)}</span>
          </span>
        )}
        <span className="ml-auto text-xs font-normal text-text-2">{open ? 'Fold' : 'Show'}</span>
      </button>
    </GroupRow>
  );
}
