'use client';

import { type ComponentPropsWithRef, useImperativeHandle, useRef } from 'react';
import { useFieldControl } from '@/components/ui/field';
import { inputClass } from '@/components/ui/input';
import { useTypedBefore } from '@/components/ui/use-typed-before';

export interface TextareaProps extends ComponentPropsWithRef<'textarea'> {
  mono?: boolean;
}

/** Text of more than one line. Inside a Field it is labelled and described by it. */
export function Textarea({
  mono,
  className,
  id,
  rows = 3,
  ref,
  'aria-describedby': describedBy,
  ...rest
}: TextareaProps) {
  const control = useFieldControl({ id, describedBy });
  const field = useRef<HTMLTextAreaElement>(null);
  useImperativeHandle(ref, () => field.current as HTMLTextAreaElement);
  useTypedBefore(field, rest.value);
  return (
    <textarea
      {...control}
      {...rest}
      ref={field}
      rows={rows}
      className={inputClass({
        mono,
        className: `h-auto! resize-y py-2 leading-5 ${className ?? ''}`,
      })}
    />
  );
}
