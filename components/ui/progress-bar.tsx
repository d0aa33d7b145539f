import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { type Tone, toneSolid } from '@/components/ui/tone';

export interface ProgressBarProps {
  /** Names the work, for example 'Dumping agentim'. */
  label: string;
  /** Between 0 and 1. Left out: how far it is cannot be known. */
  share?: number;
  /** What is going on, in words that stand above the bar. */
  children?: ReactNode;
  /** At the end of the line above the bar, for example '12 of 61 tables'. */
  aside?: ReactNode;
  tone?: Tone | 'accent';
  className?: string;
}

/** Work under way. Without a share the bar is striped and the words alone tell the progress. */
export function ProgressBar({
  label,
  share,
  children,
  aside,
  tone = 'accent',
  className,
}: ProgressBarProps) {
  const known = share !== undefined;
  const percent = known ? Math.round(Math.min(Math.max(share, 0), 1) * 100) : 0;
  return (
    <div className={className}>
      {children || aside ? (
        <div className="mb-1.5 flex flex-wrap items-baseline justify-between gap-x-3 text-xs text-text-2">
          <span>{children}</span>
          <span className="font-medium text-text tabular-nums">{aside}</span>
        </div>
      ) : null}
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={known ? percent : undefined}
        className="h-1.5 overflow-hidden rounded-full bg-sunken shadow-[inset_0_0_0_1px_var(--line-soft)]"
      >
        <div
          className={classNames(
            'h-full rounded-full',
            known ? (tone === 'accent' ? 'bg-accent' : toneSolid[tone]) : 'texture-busy-accent',
          )}
          style={{ width: known ? `${percent}%` : '100%' }}
        />
      </div>
    </div>
  );
}
