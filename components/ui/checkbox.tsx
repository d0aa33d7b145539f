'use client';

import { type ComponentPropsWithRef, type ReactNode, useId } from 'react';
import { classNames } from '@/components/ui/class-names';

export interface CheckboxProps extends Omit<ComponentPropsWithRef<'input'>, 'type'> {
  label: ReactNode;
  hint?: ReactNode;
}

/** A box to tick with its words beside it; the words are part of the target. */
export function Checkbox({ label, hint, className, id, ...rest }: CheckboxProps) {
  const ownId = useId();
  const inputId = id ?? ownId;
  const hintId = `${inputId}-hint`;
  return (
    <div className={classNames('flex items-start gap-2.5', className)}>
      <input
        {...rest}
        id={inputId}
        type="checkbox"
        aria-describedby={hint ? hintId : undefined}
        className="check-mark mt-0.5 size-4 shrink-0 appearance-none rounded-sm border border-field bg-surface checked:border-accent checked:bg-accent disabled:border-line-2 disabled:bg-sunken"
      />
      <span className="text-sm">
        <label htmlFor={inputId} className="inline-block min-h-6">
          {label}
        </label>
        {hint ? (
          <span id={hintId} className="block text-xs text-text-2">
            {hint}
          </span>
        ) : null}
      </span>
    </div>
  );
}
