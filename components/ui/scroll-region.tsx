'use client';

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { classNames } from '@/components/ui/class-names';

export interface ScrollRegionProps {
  /** Names the region while it can be scrolled. */
  label: string;
  children: ReactNode;
  className?: string;
}

/**
 * A box that scrolls sideways. It takes focus, so that the arrow keys can scroll it, only while
 * there is something to scroll.
 */
export function ScrollRegion({ label, children, className }: ScrollRegionProps) {
  const box = useRef<HTMLDivElement>(null);
  // Focusable before the script has measured: without JavaScript the content must still be reachable.
  const [scrolls, setScrolls] = useState(true);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () =>
      setScrolls(
        element.scrollWidth > element.clientWidth + 1 ||
          element.scrollHeight > element.clientHeight + 1,
      );
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    measure();
    return () => observer.disconnect();
  }, []);

  const focusable = scrolls ? { role: 'region', 'aria-label': label, tabIndex: 0 } : {};
  return (
    <div
      ref={box}
      {...focusable}
      className={classNames('relative overflow-auto focus-visible:-outline-offset-2', className)}
    >
      {children}
    </div>
  );
}
