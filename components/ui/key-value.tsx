import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';

export interface KeyValueEntry {
  id: string;
  label: ReactNode;
  value: ReactNode;
}

export interface KeyValueProps {
  entries: readonly KeyValueEntry[];
  /** 'columns': labels in a column of their own. 'ends': label left, value right. */
  layout?: 'columns' | 'ends';
  className?: string;
}

/** Facts as label and value. */
export function KeyValue({ entries, layout = 'columns', className }: KeyValueProps) {
  return (
    <dl className={classNames('text-sm', className)}>
      {entries.map((entry) => (
        <div
          key={entry.id}
          className={
            layout === 'columns'
              ? 'grid min-h-7 grid-cols-[112px_minmax(0,1fr)] items-baseline gap-x-2 py-0.5'
              : 'flex min-h-6 items-center justify-between gap-2'
          }
        >
          <dt className="text-text-2">{entry.label}</dt>
          <dd className={classNames('min-w-0 wrap-anywhere', layout === 'ends' && 'text-right')}>
            {entry.value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
