import type { Amount } from '@/lib/core/evidence';
import { formatSize } from './format-count';

/** A sum of amounts: what is known of it, and whether parts are missing or estimated. */
export interface Sum {
  value: number;
  estimate: boolean;
  /** A part could not be counted, so it is this much or more. */
  partial: boolean;
}

export function sumAmounts(amounts: readonly Amount[]): Sum {
  return amounts.reduce<Sum>(
    (sum, { value, estimate }) => ({
      value: sum.value + (value ?? 0),
      estimate: sum.estimate || (value !== null && estimate),
      partial: sum.partial || value === null,
    }),
    { value: 0, estimate: false, partial: false },
  );
}

/** `8,911`, `≈ 8,900`, which never stands on two lines; `not counted` when nobody could tell. */
export function formatAmount({ value, estimate }: Pick<Amount, 'value' | 'estimate'>): string {
  return value === null
    ? 'not counted'
    : `${estimate ? '≈\u00a0' : ''}${value.toLocaleString('en-US')}`;
}

/** `18 MB`, `≈ 18 MB`, `not measured`. */
export function formatBytes({ value, estimate }: Pick<Amount, 'value' | 'estimate'>): string {
  return value === null ? 'not measured' : `${estimate ? '≈\u00a0' : ''}${formatSize(value)}`;
}

/** `12,204`, `≈ 12,200`, `12,204 or more`; `not counted` when no part was. */
export function formatSum({ value, estimate, partial }: Sum): string {
  if (partial && value === 0) return 'not counted';
  return `${formatAmount({ value, estimate })}${partial ? ' or more' : ''}`;
}

const SOURCES: Record<string, string> = {
  counted: 'counted on the target',
  pg_class: 'estimated from pg_class, as of the last ANALYZE or VACUUM',
  pg_stats: 'estimated from pg_stats, as of the last ANALYZE',
};

/** Where a number comes from, or why there is none. */
export function amountSource({ value, source }: Pick<Amount, 'value' | 'source'>): string {
  return value === null ? `not counted: ${source}` : (SOURCES[source] ?? source);
}
