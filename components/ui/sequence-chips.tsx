import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';

export type SequenceTone = 'undo' | 'destination' | 'done' | 'failed' | 'unknown' | 'waiting';

export interface SequenceItem {
  label: string;
  tone: SequenceTone;
}

export interface SequenceChipsProps {
  /** What the order means, for example 'Undone in this order, down to the destination'. */
  label: string;
  items: readonly SequenceItem[];
  className?: string;
}

const look: Record<SequenceTone, string> = {
  undo: 'border-warn-line bg-warn-soft text-warn-text',
  destination: 'border-accent-line bg-accent-soft text-accent-text',
  done: 'border-ok-line bg-ok-soft text-ok-text',
  failed: 'border-danger-line bg-danger-soft text-danger-text',
  unknown: 'border-unknown-line bg-unknown-soft text-unknown-text',
  waiting: 'border-line bg-raised text-text-2',
};

const spoken: Record<SequenceTone, string> = {
  undo: 'to undo',
  destination: 'destination',
  done: 'undone',
  failed: 'failed',
  unknown: 'outcome unknown',
  waiting: 'not started',
};

/** 0043 → 0042 → 0040: what happens one after the other. */
export function SequenceChips({ label, items, className }: SequenceChipsProps) {
  return (
    <ol
      aria-label={label}
      className={classNames('inline-flex flex-wrap items-center gap-1', className)}
    >
      {items.map((item, index) => (
        <li key={`${item.label}-${item.tone}`} className="inline-flex items-center gap-1">
          {index > 0 ? <Icon name="arrowRight" size={12} className="text-text-3" /> : null}
          <code
            className={classNames(
              'rounded-sm border px-1.5 py-px text-xs font-medium',
              look[item.tone],
            )}
          >
            {item.label}
            <span className="sr-only">, {spoken[item.tone]}</span>
          </code>
        </li>
      ))}
    </ol>
  );
}
