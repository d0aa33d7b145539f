'use client';

import { RadioGroup } from 'radix-ui';
import { type ReactNode, useId } from 'react';
import { classNames } from '@/components/ui/class-names';

export interface ChoiceCardOption<Value extends string> {
  value: Value;
  title: string;
  detail: ReactNode;
  /** A chip at the foot. */
  status?: ReactNode;
  /** Why it cannot be chosen. */
  disabledReason?: string | null;
}

export interface ChoiceCardsProps<Value extends string> {
  label: string;
  options: readonly ChoiceCardOption<Value>[];
  value: Value | null;
  onValueChange: (value: Value) => void;
  className?: string;
}

/** A choice whose options need a sentence each. A radio group: arrow keys choose. */
export function ChoiceCards<Value extends string>({
  label,
  options,
  value,
  onValueChange,
  className,
}: ChoiceCardsProps<Value>) {
  const id = useId();
  return (
    <RadioGroup.Root
      aria-label={label}
      value={value ?? ''}
      onValueChange={(next) => {
        const chosen = options.find((option) => option.value === next);
        if (chosen) onValueChange(chosen.value);
      }}
      className={classNames('grid gap-3 md:auto-cols-fr md:grid-flow-col', className)}
    >
      {options.map((option) => (
        <RadioGroup.Item
          key={option.value}
          value={option.value}
          disabled={Boolean(option.disabledReason)}
          aria-labelledby={`${id}-${option.value}-title`}
          aria-describedby={`${id}-${option.value}-detail`}
          className="group flex items-start gap-2.5 rounded-lg border border-line bg-surface p-4 text-left shadow-rest hover:bg-hover aria-checked:border-accent aria-checked:shadow-[inset_0_0_0_1px_var(--accent)] disabled:cursor-not-allowed! disabled:bg-sunken"
        >
          <span className="mt-0.5 size-4 shrink-0 rounded-full border-[1.5px] border-field bg-surface group-aria-checked:border-[5px] group-aria-checked:border-accent group-disabled:border-line-2 group-disabled:bg-sunken" />
          <span className="min-w-0">
            <span id={`${id}-${option.value}-title`} className="block font-medium">
              {option.title}
            </span>
            <span id={`${id}-${option.value}-detail`} className="mt-1 block text-xs text-text-2">
              {option.detail}
              {option.disabledReason ? (
                <span className="mt-1 block text-text-2">{option.disabledReason}</span>
              ) : null}
            </span>
            {option.status ? <span className="mt-3 block">{option.status}</span> : null}
          </span>
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
