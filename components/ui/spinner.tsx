import { classNames } from '@/components/ui/class-names';

export interface SpinnerProps {
  size?: 14 | 16 | 20;
  className?: string;
}

/**
 * The only thing in the console that moves, and it stands still under reduced motion. It is
 * decoration: the words beside it say what is going on.
 */
export function Spinner({ size = 16, className }: SpinnerProps) {
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      aria-hidden
      className={classNames('shrink-0 motion-safe:animate-spin', className)}
    >
      <circle cx="8" cy="8" r="6.250" strokeOpacity={0.25} />
      <path d="M8 1.750A6.250 6.250 0 0 1 14.250 8" />
    </svg>
  );
}
