'use client';

import { Dialog } from 'radix-ui';
import { type ReactNode, useId, useSyncExternalStore } from 'react';
import { classNames } from '@/components/ui/class-names';
import { scrimClass } from '@/components/ui/dialog-frame';
import { IconButton } from '@/components/ui/icon-button';

export interface SidePanelProps {
  title: ReactNode;
  /** A small line above the title. */
  eyebrow?: ReactNode;
  /** Controls beside the cross. */
  actions?: ReactNode;
  /** Absent: it cannot be closed. */
  onClose?: () => void;
  children: ReactNode;
  className?: string;
}

/**
 * Details of the chosen row, beside the list. On a narrow screen it lies over the page as a dialog.
 * Divide its content with SidePanelSection.
 */
export function SidePanel({
  title,
  eyebrow,
  actions,
  onClose,
  children,
  className,
}: SidePanelProps) {
  const headingId = useId();
  const narrow = useNarrow();
  const heading = (
    <div className="min-w-0 flex-1">
      {eyebrow ? <div className="text-xs text-text-3">{eyebrow}</div> : null}
      <h2 id={headingId} className="text-lg wrap-anywhere">
        {title}
      </h2>
    </div>
  );
  const close = onClose ? <IconButton icon="x" label="Close details" onClick={onClose} /> : null;

  if (narrow && onClose) {
    return (
      <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
        <Dialog.Portal>
          <Dialog.Overlay className={scrimClass} />
          <Dialog.Content
            aria-describedby={undefined}
            className="fixed inset-y-0 right-0 z-50 flex w-full max-w-[420px] flex-col overflow-y-auto border-l border-line-2 bg-surface shadow-float outline-none"
          >
            <Dialog.Title className="sr-only">{title}</Dialog.Title>
            <Header>
              {heading}
              {actions}
              {close}
            </Header>
            {children}
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
    );
  }
  return (
    <aside
      aria-labelledby={headingId}
      className={classNames(
        'border-l border-line bg-surface',
        onClose && 'max-lg:hidden',
        className,
      )}
    >
      <Header>
        {heading}
        {actions}
        {close}
      </Header>
      {children}
    </aside>
  );
}

function Header({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-[68px] items-center gap-1 border-b border-line py-3 pr-3 pl-5">
      {children}
    </div>
  );
}

/** A part of a SidePanel, with a hairline below it. */
export function SidePanelSection({ label, children }: { label?: ReactNode; children: ReactNode }) {
  return (
    <div className="border-b border-line-soft px-5 py-4 last:border-b-0">
      {label ? <div className="mb-1.5 text-xs font-medium text-text-3">{label}</div> : null}
      {children}
    </div>
  );
}

const query = '(max-width: 63.999rem)';

function useNarrow(): boolean {
  return useSyncExternalStore(
    (onChange) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', onChange);
      return () => list.removeEventListener('change', onChange);
    },
    () => window.matchMedia(query).matches,
    () => false,
  );
}
