'use client';

import { Icon } from '@/components/ui/icon';

export interface FilterChipProps {
  label: string;
  value: string;
  onRemove: () => void;
}

/** A filter that is on, with its way out. */
export function FilterChip({ label, value, onRemove }: FilterChipProps) {
  return (
    <span className="inline-flex h-8 items-center rounded-md border border-accent-line bg-accent-soft pl-2.5 text-sm whitespace-nowrap shadow-rest max-md:h-10">
      <span className="text-accent-text">{label}</span>
      <span className="ml-1.5 font-medium">{value}</span>
      <button
        type="button"
        onClick={onRemove}
        aria-label={`Remove filter ${label} ${value}`}
        className="ml-0.5 flex h-full w-7 items-center justify-center rounded-md text-accent-text max-md:w-9"
      >
        <Icon name="x" size={14} />
      </button>
    </span>
  );
}
