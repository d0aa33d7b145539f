import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { type Tone, toneText } from '@/components/ui/tone';

export interface Stat {
  id: string;
  label: ReactNode;
  /** A number gets digits of equal width. */
  value: ReactNode;
  /** A unit, smaller than the number. */
  unit?: string;
  detail?: ReactNode;
  tone?: Tone;
}

export interface StatsProps {
  items: readonly Stat[];
  /** Without its own frame, inside a panel. */
  bare?: boolean;
  className?: string;
}

/** A row of numbers that decide something; two columns on a phone. */
export function Stats({ items, bare = false, className }: StatsProps) {
  return (
    <dl
      className={classNames(
        'grid grid-cols-2 gap-px overflow-clip bg-line-soft md:auto-cols-fr md:grid-flow-col md:grid-cols-none',
        bare ? '' : 'rounded-lg border border-line shadow-rest',
        className,
      )}
    >
      {items.map((item) => (
        <div
          key={item.id}
          className="bg-surface px-4 py-3 odd:last:col-span-2 md:odd:last:col-span-1"
        >
          <dt className="text-xs font-medium text-text-3">{item.label}</dt>
          <dd
            className={classNames(
              'text-stat font-semibold',
              typeof item.value === 'number' && 'tabular-nums',
              item.tone && toneText[item.tone],
            )}
          >
            {item.value}
            {item.unit ? (
              <span className="text-sm font-medium tracking-normal text-text-2"> {item.unit}</span>
            ) : null}
          </dd>
          {item.detail ? <dd className="text-xs text-text-2">{item.detail}</dd> : null}
        </div>
      ))}
    </dl>
  );
}
