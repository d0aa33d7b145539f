'use client';

import { AlertDialog as RadixAlertDialog } from 'radix-ui';
import { type ReactNode, useId, useState } from 'react';
import { Banner } from '@/components/ui/banner';
import { Button } from '@/components/ui/button';
import {
  DialogActions,
  DialogBody,
  type DialogSize,
  dialogClass,
  safeFocus,
  scrimClass,
} from '@/components/ui/dialog-frame';
import { inputClass } from '@/components/ui/input';
import { useDialogFocus } from '@/components/ui/use-dialog-focus';

export interface AlertDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  /** What will happen, in one sentence. */
  description: ReactNode;
  /** More about what will happen: a list of consequences, the SQL. */
  children?: ReactNode;
  /** The text that has to be typed before the action is possible, for example the target's name. */
  expected?: string;
  /** What typing means. Default: 'to go on'. Printed as: Type <expected> to go on. */
  expectedPurpose?: string;
  confirmLabel: string;
  cancelLabel?: string;
  tone?: 'danger' | 'primary';
  /** Why the action is impossible whatever is typed. */
  disabledReason?: string | null;
  pending?: boolean;
  pendingLabel?: string;
  /** What went wrong at the last try. The dialog stays open. */
  error?: ReactNode;
  onConfirm: () => void;
  size?: DialogSize;
}

/**
 * Asks before something that cannot be taken back. Focus starts on the safe button, Enter in the
 * text field does nothing, and the action waits until the expected text is typed exactly.
 */
export function AlertDialog(props: AlertDialogProps) {
  const { open, onOpenChange, pending = false, size = 'md' } = props;
  const focus = useDialogFocus();
  return (
    <RadixAlertDialog.Root
      open={open}
      onOpenChange={(next) => {
        if (!pending) onOpenChange(next);
      }}
    >
      <RadixAlertDialog.Portal>
        <RadixAlertDialog.Overlay className={scrimClass} />
        <RadixAlertDialog.Content {...focus} className={dialogClass(size)}>
          {/* Mounted with the content, so that what was typed is forgotten when it closes. */}
          <Question {...props} />
        </RadixAlertDialog.Content>
      </RadixAlertDialog.Portal>
    </RadixAlertDialog.Root>
  );
}

function Question({
  title,
  description,
  children,
  expected,
  expectedPurpose = 'to go on',
  confirmLabel,
  cancelLabel = 'Cancel',
  tone = 'danger',
  disabledReason,
  pending,
  pendingLabel,
  error,
  onConfirm,
}: AlertDialogProps) {
  const [typed, setTyped] = useState('');
  const inputId = useId();
  const reasonId = useId();
  const unmatched = expected !== undefined && typed !== expected;
  const reason = disabledReason ?? (unmatched ? typingReason(typed, expected) : null);
  return (
    <>
      <DialogBody>
        <RadixAlertDialog.Title className="text-lg">{title}</RadixAlertDialog.Title>
        <RadixAlertDialog.Description className="mt-0.5 text-sm text-text-2">
          {description}
        </RadixAlertDialog.Description>
        {children ? <div className="mt-4">{children}</div> : null}
        {expected === undefined ? null : (
          <div className="mt-4 flex flex-col gap-1.5">
            <label htmlFor={inputId} className="text-sm">
              Type <code className="font-semibold">{expected}</code> {expectedPurpose}
            </label>
            <input
              id={inputId}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              autoComplete="off"
              autoCapitalize="off"
              autoCorrect="off"
              spellCheck={false}
              aria-describedby={reason ? reasonId : undefined}
              className={inputClass({ mono: true })}
            />
          </div>
        )}
        {error ? <Banner tone="danger" role="alert" title={error} className="mt-4" /> : null}
      </DialogBody>
      <DialogActions note={reason ? <span id={reasonId}>{reason}</span> : null}>
        <RadixAlertDialog.Cancel asChild>
          <Button {...safeFocus}>{cancelLabel}</Button>
        </RadixAlertDialog.Cancel>
        <Button
          variant={tone}
          disabledReason={reason}
          reasonPlacement="hidden"
          pending={pending}
          pendingLabel={pendingLabel}
          onClick={onConfirm}
        >
          {confirmLabel}
        </Button>
      </DialogActions>
    </>
  );
}

function typingReason(typed: string, expected: string): string {
  return typed === '' ? `Type ${expected} first.` : `The text is not ${expected} yet.`;
}
