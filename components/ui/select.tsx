'use client';

import type { ComponentPropsWithRef } from 'react';
import { classNames } from '@/components/ui/class-names';
import { useFieldControl } from '@/components/ui/field';
import { Icon } from '@/components/ui/icon';
import { inputClass } from '@/components/ui/input';

export interface SelectOption {
  value: string;
  label: string;
  disabled?: boolean;
}

export interface SelectProps extends ComponentPropsWithRef<'select'> {
  options: readonly SelectOption[];
}

/** The browser's own select: the best one on a phone and with a screen reader. */
export function Select({
  options,
  className,
  id,
  'aria-describedby': describedBy,
  ...rest
}: SelectProps) {
  const control = useFieldControl({ id, describedBy });
  return (
    <span className={classNames('relative block', className)}>
      <select {...control} {...rest} className={inputClass({ className: 'appearance-none pr-8!' })}>
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon
        name="chevronDown"
        className="pointer-events-none absolute top-1/2 right-2.5 -translate-y-1/2 text-text-3"
      />
    </span>
  );
}
