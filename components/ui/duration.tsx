import { classNames } from '@/components/ui/class-names';
import { formatDuration } from '@/components/ui/duration-format';

export interface DurationProps {
  milliseconds: number;
  /** An estimate carries ≈. */
  estimate?: boolean;
  className?: string;
}

/** How long something took, or will take. */
export function Duration({ milliseconds, estimate = false, className }: DurationProps) {
  return (
    <span className={classNames('whitespace-nowrap tabular-nums', className)}>
      {estimate ? '≈ ' : null}
      {formatDuration(milliseconds)}
    </span>
  );
}
