'use client';

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { classNames } from '@/components/ui/class-names';
import { DisabledReason } from '@/components/ui/disabled-reason';
import type { IconName } from '@/components/ui/icon';

export interface DockProps {
  /** What comes next, for example 'Next: ask for approval.' */
  title?: ReactNode;
  /** More of it, after the title or below it. */
  detail?: ReactNode;
  /** Why the main action is disabled. Give the button the same text with reasonPlacement 'hidden'. */
  reason?: ReactNode;
  reasonIcon?: IconName;
  /** The buttons: at most one primary, and it comes last. */
  actions: ReactNode;
  /** 'page' spans the width and centres its content, 'column' sits at the foot of a column with 24 px padding. */
  span?: 'page' | 'column';
  label?: string;
}

/**
 * The bar with the one action that comes next. Put it last in its container. It sticks to the bottom
 * of a wide screen and is fixed to that of a phone, where it keeps its own space free.
 */
export function Dock({
  title,
  detail,
  reason,
  reasonIcon = 'info',
  actions,
  span = 'page',
  label = 'Next step',
}: DockProps) {
  const bar = useRef<HTMLElement>(null);
  const [height, setHeight] = useState(0);

  useEffect(() => {
    const element = bar.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setHeight(element.offsetHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  return (
    <>
      <div aria-hidden className="min-h-24 shrink-0 md:hidden" style={{ height }} />
      <section
        ref={bar}
        aria-label={label}
        className={classNames(
          'z-20 border-t bg-surface max-md:fixed max-md:inset-x-0 max-md:bottom-0 max-md:border-line-2 max-md:shadow-up md:sticky md:bottom-0 md:mt-auto',
          span === 'page' ? 'border-line-2 shadow-up' : 'border-line md:-mx-6 md:-mb-6',
        )}
      >
        <div
          className={classNames(
            'flex items-center gap-x-4 gap-y-2 px-6 py-3 max-md:flex-col max-md:items-stretch max-md:px-4 max-md:pt-2.5 max-md:pb-[max(0.875rem,env(safe-area-inset-bottom))]',
            span === 'page' ? 'mx-auto min-h-16 max-w-[1280px]' : 'min-h-15',
          )}
        >
          <div className="min-w-0 flex-1 text-sm max-md:text-xs">
            {title ? <span className="font-semibold text-text">{title} </span> : null}
            {detail ? <span className="text-text-2">{detail}</span> : null}
          </div>
          {reason ? (
            <DisabledReason icon={reasonIcon} className="max-w-72 max-md:max-w-none">
              {reason}
            </DisabledReason>
          ) : null}
          <div className="flex items-center gap-2 md:gap-3 max-md:*:flex-1 max-md:**:data-[slot=button]:h-auto max-md:**:data-[slot=button]:min-h-11 max-md:**:data-[slot=button]:flex-1 max-md:**:data-[slot=button]:shrink max-md:**:data-[slot=button]:px-2 max-md:**:data-[slot=button]:text-base max-md:**:data-[slot=button]:leading-5 max-md:**:data-[slot=button]:whitespace-normal">
            {actions}
          </div>
        </div>
      </section>
    </>
  );
}
