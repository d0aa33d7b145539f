import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';

export interface MetaFactsProps {
  /** 'row': side by side with hairlines. 'rail': one below the other, in a narrow column. */
  layout?: 'row' | 'rail';
  children: ReactNode;
  className?: string;
}

/** A few facts about the thing the page is about. Holds MetaFact. */
export function MetaFacts({ layout = 'row', children, className }: MetaFactsProps) {
  return (
    <dl
      className={classNames(
        layout === 'row'
          ? // The hairline of the first fact of every line is cut off, however the line breaks.
            'md:-ml-5 md:flex md:flex-wrap md:gap-y-3 md:[clip-path:inset(-8px_-8px_-8px_12px)] md:*:border-l md:*:border-line md:*:px-5 max-md:grid max-md:grid-cols-2 max-md:gap-x-4 max-md:gap-y-3'
          : '*:border-b *:border-line-soft *:px-5 *:py-3 *:last:border-b-0',
        className,
      )}
    >
      {children}
    </dl>
  );
}

export interface MetaFactProps {
  label: ReactNode;
  children: ReactNode;
  className?: string;
}

export function MetaFact({ label, children, className }: MetaFactProps) {
  return (
    <div className={classNames('min-w-0', className)}>
      <dt className="mb-0.5 text-xs font-medium text-text-3">{label}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}
