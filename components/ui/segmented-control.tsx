'use client';

import { RadioGroup } from 'radix-ui';
import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { segmentClass, segmentListClass } from '@/components/ui/tab-style';

export interface SegmentOption<Value extends string> {
  value: Value;
  label: ReactNode;
  count?: number;
}

export interface SegmentedControlProps<Value extends string> {
  label: string;
  options: readonly SegmentOption<Value>[];
  value: Value;
  onValueChange: (value: Value) => void;
  /** Fills the width in equal parts, as a form field does. */
  stretch?: boolean;
  className?: string;
}

/** One choice out of a few, all in sight. A radio group: arrow keys choose. */
export function SegmentedControl<Value extends string>({
  label,
  options,
  value,
  onValueChange,
  stretch = false,
  className,
}: SegmentedControlProps<Value>) {
  return (
    <RadioGroup.Root
      aria-label={label}
      orientation="horizontal"
      value={value}
      onValueChange={(next) => {
        const chosen = options.find((option) => option.value === next);
        if (chosen) onValueChange(chosen.value);
      }}
      className={classNames(segmentListClass, stretch && 'flex w-full', className)}
    >
      {options.map((option) => (
        <RadioGroup.Item
          key={option.value}
          value={option.value}
          className={classNames(segmentClass, stretch && 'h-7 flex-1')}
        >
          {option.label}
          {option.count === undefined ? null : (
            <span className="tabular-nums">{option.count.toLocaleString('en-US')}</span>
          )}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
