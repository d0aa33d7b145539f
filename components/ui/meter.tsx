import { classNames } from '@/components/ui/class-names';
import { type Tone, toneSolid } from '@/components/ui/tone';

export interface MeterProps {
  /** Names what is measured, for example 'Time left of backup b-0021'. */
  label: string;
  /** The value in words, for example '49 min of 60 min left'. */
  valueText: string;
  value: number;
  max: number;
  tone?: Tone;
  /** Fills from the right, for something that runs out. */
  fromEnd?: boolean;
  className?: string;
}

/** How much is left of something. The words stand beside it; the bar repeats them. */
export function Meter({
  label,
  valueText,
  value,
  max,
  tone = 'ok',
  fromEnd = false,
  className,
}: MeterProps) {
  const bounded = Math.min(Math.max(value, 0), max);
  const share = max > 0 ? (bounded / max) * 100 : 0;
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers do not let a <meter> be styled alike
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={bounded}
      aria-valuetext={valueText}
      className={classNames(
        'flex h-1.5 overflow-hidden rounded-full bg-sunken shadow-[inset_0_0_0_1px_var(--line-soft)]',
        fromEnd && 'justify-end',
        className,
      )}
    >
      <div
        className={classNames('h-full rounded-full', toneSolid[tone])}
        style={{ width: `${share}%` }}
      />
    </div>
  );
}
