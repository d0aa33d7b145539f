'use client';

import type { ComponentPropsWithRef } from 'react';
import { useFieldControl } from '@/components/ui/field';
import { inputClass } from '@/components/ui/input';

export interface TextareaProps extends ComponentPropsWithRef<'textarea'> {
  mono?: boolean;
}

/** Text of more than one line. Inside a Field it is labelled and described by it. */
export function Textarea({
  mono,
  className,
  id,
  rows = 3,
  'aria-describedby': describedBy,
  ...rest
}: TextareaProps) {
  const control = useFieldControl({ id, describedBy });
  return (
    <textarea
      {...control}
      {...rest}
      rows={rows}
      className={inputClass({
        mono,
        className: `h-auto! resize-y py-2 leading-5 ${className ?? ''}`,
      })}
    />
  );
}
