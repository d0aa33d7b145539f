import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';

export interface DisclosureProps {
  summary: ReactNode;
  /** At the end of the summary's line. */
  aside?: ReactNode;
  open?: boolean;
  /** 'panel' has a frame of its own, 'plain' sits in one. */
  look?: 'panel' | 'plain';
  children: ReactNode;
  className?: string;
}

/** Something to unfold. The browser's own element: it works by keyboard and without JavaScript. */
export function Disclosure({
  summary,
  aside,
  open,
  look = 'plain',
  children,
  className,
}: DisclosureProps) {
  return (
    <details
      open={open}
      className={classNames(
        'group/disclosure',
        look === 'panel' && 'overflow-clip rounded-lg border border-line bg-surface shadow-rest',
        className,
      )}
    >
      <summary
        className={classNames(
          'flex list-none focus-visible:-outline-offset-2 items-center gap-2 text-sm font-medium [&::-webkit-details-marker]:hidden',
          look === 'panel' ? 'min-h-11 px-4 py-2' : 'min-h-8 max-md:min-h-11',
        )}
      >
        <Icon name="chevronRight" className="text-text-3 group-open/disclosure:rotate-90" />
        <span className="min-w-0 flex-1">{summary}</span>
        {aside}
      </summary>
      <div className={look === 'panel' ? 'border-t border-line px-4 py-3' : 'pt-1 pl-6'}>
        {children}
      </div>
    </details>
  );
}
