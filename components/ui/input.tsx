'use client';

import { type ComponentPropsWithRef, useImperativeHandle, useRef } from 'react';
import { classNames } from '@/components/ui/class-names';
import { useFieldControl } from '@/components/ui/field';
import { useTypedBefore } from '@/components/ui/use-typed-before';

/** Classes of a text field, a text area and a select. */
export function inputClass(options: { mono?: boolean; className?: string } = {}): string {
  return classNames(
    'w-full rounded-md border border-field bg-surface px-2.5 text-text',
    // 16 px on a phone: Safari zooms into anything smaller.
    options.mono ? 'font-mono text-code max-md:text-lg' : 'text-sm max-md:text-lg',
    'h-8 max-md:h-11',
    // Transparent, not none: a high-contrast mode of the system paints outlines in its own colour.
    'focus-visible:border-accent focus-visible:outline-transparent focus-visible:shadow-[0_0_0_3px_color-mix(in_srgb,var(--accent)_32%,transparent)]',
    'aria-[invalid]:border-danger [&[readonly]]:bg-sunken disabled:bg-sunken disabled:text-text-3',
    options.className,
  );
}

export interface InputProps extends ComponentPropsWithRef<'input'> {
  /** For names, addresses and hashes. */
  mono?: boolean;
}

/** A text field. Inside a Field it is labelled and described by it. */
export function Input({
  mono,
  className,
  id,
  ref,
  'aria-describedby': describedBy,
  ...rest
}: InputProps) {
  const control = useFieldControl({ id, describedBy });
  const field = useRef<HTMLInputElement>(null);
  useImperativeHandle(ref, () => field.current as HTMLInputElement);
  useTypedBefore(field, rest.value);
  return <input {...control} {...rest} ref={field} className={inputClass({ mono, className })} />;
}
