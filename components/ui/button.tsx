'use client';

import { type ComponentPropsWithRef, type MouseEvent, useId } from 'react';
import { type ButtonSize, type ButtonVariant, buttonClass } from '@/components/ui/button-style';
import { type ReasonPlacement, WithReason } from '@/components/ui/disabled-reason';
import { Icon, type IconName } from '@/components/ui/icon';
import { Spinner } from '@/components/ui/spinner';

export interface ButtonProps extends Omit<ComponentPropsWithRef<'button'>, 'disabled'> {
  variant?: ButtonVariant;
  size?: ButtonSize;
  icon?: IconName;
  /** Why it cannot be pressed now. The button stays focusable and a click does nothing. */
  disabledReason?: string | null;
  reasonPlacement?: ReasonPlacement;
  /** The action is under way: a second click does nothing. */
  pending?: boolean;
  /** The word shown while pending, for example 'Requesting'. Default: the label itself. */
  pendingLabel?: string;
}

/** A button. Never uses the disabled attribute: that would hide it, and its reason, from the keyboard. */
export function Button({
  variant = 'default',
  size = 'md',
  icon,
  disabledReason,
  reasonPlacement = 'before',
  pending = false,
  pendingLabel,
  className,
  children,
  onClick,
  type = 'button',
  'aria-describedby': describedBy,
  ...rest
}: ButtonProps) {
  const reasonId = useId();
  const inert = Boolean(disabledReason);
  const description = [describedBy, inert ? reasonId : undefined].filter(Boolean).join(' ');

  function handleClick(event: MouseEvent<HTMLButtonElement>) {
    if (inert || pending) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    onClick?.(event);
  }

  const button = (
    <button
      {...rest}
      type={type}
      data-slot="button"
      className={buttonClass({ variant, size, inert, className })}
      aria-disabled={inert || pending || undefined}
      aria-busy={pending || undefined}
      aria-describedby={description || undefined}
      onClick={handleClick}
    >
      {pending ? <Spinner /> : icon ? <Icon name={icon} /> : null}
      {pending && pendingLabel ? pendingLabel : children}
    </button>
  );
  if (!disabledReason) return button;
  return (
    <WithReason id={reasonId} reason={disabledReason} placement={reasonPlacement}>
      {button}
    </WithReason>
  );
}
