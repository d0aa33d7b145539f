'use client';

import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';
import { useTypedBefore } from '@/components/ui/use-typed-before';

export interface FilterBoxProps {
  label: string;
  /** `undefined`: not filtered. */
  value: string | undefined;
  onValueChange: (value: string | undefined) => void;
}

const fieldClass =
  'h-full min-w-0 rounded-md bg-transparent pl-1.5 text-sm focus-visible:-outline-offset-2 max-md:text-lg';

/** A filter by a day in UTC, in the look of the other filters. */
export function FilterDay({ label, value, onValueChange }: FilterBoxProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const field = input.current;
    // Whoever is typing a date has not finished it with the first digit that makes it one.
    if (field && field !== document.activeElement) field.value = value ?? '';
  }, [value]);
  return (
    <Box id={id} label={label} on={value !== undefined} onClear={() => onValueChange(undefined)}>
      <input
        ref={input}
        id={id}
        type="date"
        defaultValue={value ?? ''}
        max="9999-12-31"
        onChange={(event) => {
          const next = event.target.value;
          // While a year is typed, 0002 and 0020 pass by.
          if (next === '' ? value !== undefined : next >= '1970') onValueChange(next || undefined);
        }}
        className={classNames(
          fieldClass,
          value === undefined ? 'font-normal text-text-3' : 'font-medium text-text',
          'w-[8.25rem] pr-1 max-md:w-40',
        )}
      />
    </Box>
  );
}

/** A filter by exact words, which counts on Enter or when the field is left. */
export function FilterText({
  label,
  value,
  onValueChange,
  placeholder,
}: FilterBoxProps & { placeholder: string }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(value ?? '');
  useTypedBefore(field, typed);

  function submit() {
    const next = typed.trim();
    if (next !== (value ?? '')) onValueChange(next || undefined);
  }

  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        submit();
      }}
    >
      <Box
        id={id}
        label={label}
        on={value !== undefined}
        onClear={() => {
          setTyped('');
          onValueChange(undefined);
        }}
      >
        <input
          ref={field}
          id={id}
          value={typed}
          maxLength={320}
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={submit}
          className={classNames(
            fieldClass,
            'w-28 pr-2 font-medium text-text placeholder:font-normal placeholder:text-text-3 max-md:w-40',
          )}
        />
      </Box>
    </form>
  );
}

function Box(props: {
  id: string;
  label: string;
  on: boolean;
  onClear: () => void;
  children: ReactNode;
}) {
  const { id, label, on, onClear, children } = props;
  return (
    <span
      className={classNames(
        'inline-flex h-8 items-center rounded-md border text-sm whitespace-nowrap shadow-rest max-md:h-10',
        on ? 'border-accent-line bg-accent-soft' : 'border-line-2 bg-surface',
      )}
    >
      <label htmlFor={id} className={classNames('pl-2.5', on ? 'text-accent-text' : 'text-text-3')}>
        {label}
      </label>
      {children}
      {on ? (
        <button
          type="button"
          onClick={onClear}
          aria-label={`Clear filter ${label}`}
          className="flex h-full w-7 items-center justify-center rounded-md text-accent-text max-md:w-9"
        >
          <Icon name="x" size={14} />
        </button>
      ) : null}
    </span>
  );
}
