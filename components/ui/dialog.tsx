'use client';

import { Dialog as RadixDialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { Button } from '@/components/ui/button';
import {
  DialogActions,
  DialogBody,
  type DialogSize,
  dialogClass,
  safeFocus,
  scrimClass,
} from '@/components/ui/dialog-frame';
import { IconButton } from '@/components/ui/icon-button';
import { useDialogFocus } from '@/components/ui/use-dialog-focus';

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  /** The buttons, the safe one first: <DialogCancel/> then the action. None: a close button at the top. */
  actions?: ReactNode;
  /** A line above the buttons, for example why the action is disabled or what failed. */
  note?: ReactNode;
  size?: DialogSize;
}

/** A modal dialog; a sheet from the bottom on a phone. Focus starts on the safe button. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  actions,
  note,
  size = 'md',
}: DialogProps) {
  const focus = useDialogFocus();
  return (
    <RadixDialog.Root open={open} onOpenChange={onOpenChange}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className={scrimClass} />
        <RadixDialog.Content
          {...focus}
          className={dialogClass(size)}
          {...(description ? {} : { 'aria-describedby': undefined })}
        >
          <DialogBody>
            <div className="flex items-start gap-4">
              <RadixDialog.Title className="flex-1 text-lg">{title}</RadixDialog.Title>
              {actions ? null : (
                <RadixDialog.Close asChild>
                  <IconButton icon="x" label="Close" className="-mt-1 -mr-2" {...safeFocus} />
                </RadixDialog.Close>
              )}
            </div>
            {description ? (
              <RadixDialog.Description className="mt-0.5 text-sm text-text-2">
                {description}
              </RadixDialog.Description>
            ) : null}
            {children ? <div className="mt-4">{children}</div> : null}
          </DialogBody>
          {actions ? <DialogActions note={note}>{actions}</DialogActions> : null}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

/** The safe way out of a Dialog. It closes it and has focus when the dialog opens. */
export function DialogCancel({ children = 'Cancel' }: { children?: ReactNode }) {
  return (
    <RadixDialog.Close asChild>
      <Button {...safeFocus}>{children}</Button>
    </RadixDialog.Close>
  );
}
