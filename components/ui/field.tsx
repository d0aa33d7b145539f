'use client';

import { createContext, type ReactNode, useContext, useId } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';

interface FieldWiring {
  id: string;
  describedBy: string | undefined;
  invalid: boolean;
  required: boolean;
}

const FieldContext = createContext<FieldWiring | null>(null);

export interface FieldProps {
  label: ReactNode;
  /** Help that stays in sight. */
  hint?: ReactNode;
  /** What is wrong with the value and how to mend it. */
  error?: ReactNode;
  required?: boolean;
  /** Says so beside the label. */
  optional?: boolean;
  /** At the end of the label's line, for example a link. */
  aside?: ReactNode;
  /** One Input, Textarea or Select. */
  children: ReactNode;
  className?: string;
}

/** A label, a control, a hint and an error, tied together for assistive technology. */
export function Field({
  label,
  hint,
  error,
  required = false,
  optional = false,
  aside,
  children,
  className,
}: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const describedBy = [error ? errorId : undefined, hint ? hintId : undefined]
    .filter(Boolean)
    .join(' ');
  return (
    <div className={classNames('flex flex-col gap-1.5', className)}>
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
          {optional ? <span className="font-normal text-text-3"> · optional</span> : null}
        </label>
        {aside ? <span className="text-xs">{aside}</span> : null}
      </div>
      <FieldContext
        value={{ id, describedBy: describedBy || undefined, invalid: Boolean(error), required }}
      >
        {children}
      </FieldContext>
      {error ? (
        <p id={errorId} className="flex items-start gap-1.5 text-xs text-danger-text">
          <Icon name="danger" size={14} className="mt-px" />
          <span>{error}</span>
        </p>
      ) : null}
      {hint ? (
        <p id={hintId} className="text-xs text-text-2">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

interface ControlAttributes {
  id?: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
  'aria-required'?: true;
}

/** The attributes that tie a control to the Field around it; nothing outside of one. */
export function useFieldControl(own: { id?: string; describedBy?: string }): ControlAttributes {
  const field = useContext(FieldContext);
  const describedBy = [own.describedBy, field?.describedBy].filter(Boolean).join(' ');
  return {
    id: own.id ?? field?.id,
    'aria-describedby': describedBy || undefined,
    'aria-invalid': field?.invalid || undefined,
    'aria-required': field?.required || undefined,
  };
}
