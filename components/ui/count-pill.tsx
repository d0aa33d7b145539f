import { classNames } from '@/components/ui/class-names';

export interface CountPillProps {
  count: number;
  /** What is counted, read out after the number, for example 'open'. */
  label?: string;
  /** Something to look at, not just a size. */
  highlighted?: boolean;
  className?: string;
}

/** A small number beside a tab or a menu entry. */
export function CountPill({ count, label, highlighted = false, className }: CountPillProps) {
  return (
    <span
      className={classNames(
        'inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-full px-[5px] text-2xs font-semibold tabular-nums',
        highlighted ? 'bg-accent-soft text-accent-text' : 'bg-sunken text-text-2',
        className,
      )}
    >
      {count.toLocaleString('en-US')}
      {label ? <span className="sr-only"> {label}</span> : null}
    </span>
  );
}
