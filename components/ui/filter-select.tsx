'use client';

import { DropdownMenu } from 'radix-ui';
import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';
import { menuClass, menuItemClass } from '@/components/ui/menu-style';

export interface FilterSelectOption {
  value: string;
  label: string;
}

export interface FilterSelectProps {
  label: string;
  options: readonly FilterSelectOption[];
  /** `null`: not filtered. */
  value: string | null;
  onValueChange: (value: string | null) => void;
  /** The word for not filtered. Default 'Any'. */
  anyLabel?: string;
}

/** A menu needs a value for 'any' that no option has. */
const anyValue = '\u0000any';

/** One filter of a bar: label and value in one button, a list to choose from, a cross when it is on. */
export function FilterSelect({
  label,
  options,
  value,
  onValueChange,
  anyLabel = 'Any',
}: FilterSelectProps) {
  const on = value !== null;
  const chosen = on ? (options.find((option) => option.value === value)?.label ?? value) : anyLabel;
  return (
    <span
      className={classNames(
        'inline-flex h-8 items-center rounded-md border text-sm whitespace-nowrap shadow-rest max-md:h-10',
        on ? 'border-accent-line bg-accent-soft' : 'border-line-2 bg-surface hover:bg-hover',
      )}
    >
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger
          className={classNames(
            'flex h-full items-center gap-1.5 rounded-md pl-2.5',
            on ? 'pr-1 text-accent-text' : 'pr-2 text-text-3',
          )}
        >
          <span>{label}</span>
          <span className="max-w-48 truncate font-medium text-text">{chosen}</span>
          {on ? null : <Icon name="chevronDown" size={14} />}
        </DropdownMenu.Trigger>
        <DropdownMenu.Content
          align="start"
          sideOffset={4}
          collisionPadding={8}
          className={classNames(menuClass, 'p-1')}
        >
          <DropdownMenu.RadioGroup
            aria-label={label}
            value={value ?? anyValue}
            onValueChange={(next) => onValueChange(next === anyValue ? null : next)}
          >
            <Option value={anyValue} label={anyLabel} />
            {options.map((option) => (
              <Option key={option.value} value={option.value} label={option.label} />
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Root>
      {on ? (
        <button
          type="button"
          onClick={() => onValueChange(null)}
          aria-label={`Clear filter ${label}`}
          className="flex h-full w-7 items-center justify-center rounded-md text-accent-text max-md:w-9"
        >
          <Icon name="x" size={14} />
        </button>
      ) : null}
    </span>
  );
}

function Option({ value, label }: FilterSelectOption) {
  return (
    <DropdownMenu.RadioItem value={value} className={menuItemClass}>
      <span className="flex w-4 shrink-0 justify-center">
        <DropdownMenu.ItemIndicator>
          <Icon name="check" size={14} />
        </DropdownMenu.ItemIndicator>
      </span>
      {label}
    </DropdownMenu.RadioItem>
  );
}
