import { classNames } from '@/components/ui/class-names';

/** The mark: stairs, and an arrow that goes back up over them. */
export function BrandMark({ size = 22 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden className="shrink-0">
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <g fill="none" stroke="#fff" strokeWidth="2.750" strokeLinecap="round" strokeLinejoin="round">
        <path d="M24.500 9v6.750h-8.500v6.750H8.500" opacity=".5" />
        <path d="M24.500 9H11" />
        <path d="M15 4.800 10.800 9l4.200 4.200" />
      </g>
    </svg>
  );
}

/** Mark and name. Put it into a link where it leads home. Compact: the mark alone on a small phone. */
export function Brand({ className, compact }: { className?: string; compact?: boolean }) {
  return (
    <span
      className={classNames(
        'inline-flex items-center gap-2 text-[15px] font-semibold tracking-[-0.02em] text-text',
        className,
      )}
    >
      <BrandMark />
      <span className={compact ? 'max-[374px]:sr-only' : undefined}>Backstep</span>
    </span>
  );
}
