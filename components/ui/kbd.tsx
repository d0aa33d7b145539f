import type { ReactNode } from 'react';

/** A key on the keyboard. */
export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-block min-w-[18px] rounded-sm border border-line-2 bg-surface px-[5px] text-center font-sans text-2xs font-medium tracking-normal text-text-3">
      {children}
    </kbd>
  );
}
