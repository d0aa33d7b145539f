import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { ScrollRegion } from '@/components/ui/scroll-region';

export type DialogSize = 'sm' | 'md' | 'lg';

const width: Record<DialogSize, string> = {
  sm: 'md:max-w-[400px]',
  md: 'md:max-w-[480px]',
  lg: 'md:max-w-[640px]',
};

export const scrimClass = 'fixed inset-0 z-40 bg-scrim';

/** Centred near the top on a wide screen, a sheet at the bottom of a narrow one. */
export function dialogClass(size: DialogSize): string {
  return classNames(
    'fixed z-50 flex w-full flex-col overflow-hidden border border-line-2 bg-surface shadow-float outline-none',
    'max-md:inset-x-0 max-md:bottom-0 max-md:max-h-[88dvh] max-md:rounded-t-xl max-md:rounded-b-none',
    'md:top-[min(11rem,12vh)] md:left-1/2 md:max-h-[76vh] md:-translate-x-1/2 md:rounded-xl',
    width[size],
  );
}

/** The part that scrolls when a dialog is taller than the screen. */
export function DialogBody({ children }: { children: ReactNode }) {
  return (
    <ScrollRegion label="What is asked" className="min-h-0 overflow-x-hidden px-5 pt-5 pb-4">
      {children}
    </ScrollRegion>
  );
}

/**
 * The bar of buttons: in a row at the end. On a phone they are finger high and share the width, each by
 * what it has to say; where that is too much for one line, they stand below each other.
 */
export function DialogActions({ note, children }: { note?: ReactNode; children: ReactNode }) {
  return (
    <div className="border-t border-line bg-raised px-5 py-3 max-md:pb-[max(0.875rem,env(safe-area-inset-bottom))]">
      {note ? <div className="mb-2 text-xs text-text-2">{note}</div> : null}
      <div className="flex items-center justify-end gap-2 max-md:flex-wrap max-md:*:min-w-0 max-md:*:flex-auto max-md:**:data-[slot=button]:h-auto max-md:**:data-[slot=button]:min-h-11 max-md:**:data-[slot=button]:shrink max-md:**:data-[slot=button]:px-2 max-md:**:data-[slot=button]:py-1.5 max-md:**:data-[slot=button]:text-base max-md:**:data-[slot=button]:leading-5 max-md:**:data-[slot=button]:whitespace-normal">
        {children}
      </div>
    </div>
  );
}

/** Marks the button that a dialog gives focus to: the one that changes nothing. */
export const safeFocus = { 'data-safe-focus': '' } as const;

/** Moves focus to the safe button. Returns whether there was one. */
export function focusSafeButton(container: HTMLElement | null): boolean {
  const target = container?.querySelector<HTMLElement>('[data-safe-focus]');
  target?.focus();
  return Boolean(target);
}
