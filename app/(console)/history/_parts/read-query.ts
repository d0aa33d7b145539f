import { FILTER_KEYS, type FilterKey, type HistoryPlace } from '@/components/history/history-url';
import { isStorable } from '@/lib/core/storable-text';
import type { HistoryFilters } from '@/lib/core/views';
import { historyFilters } from '@/lib/history';

export type SearchParams = Record<string, string | string[] | undefined>;

export interface HistoryQuery extends HistoryPlace {
  /** What the address asks for and can't be, fit to be shown. */
  ignored: { key: FilterKey | 'before' | 'event'; value: string }[];
}

/** Reads an address that anybody may have typed: what does not fit is left out, never an error. */
export function readHistoryQuery(params: SearchParams): HistoryQuery {
  const ignored: HistoryQuery['ignored'] = [];
  const filters: HistoryFilters = {};
  for (const key of FILTER_KEYS) {
    const value = first(params[key]);
    if (value === undefined) continue;
    const parsed = historyFilters.safeParse({ [key]: value });
    if (parsed.success && isStorable(value) && !isNoDay(key, value)) {
      Object.assign(filters, parsed.data);
    } else {
      ignored.push({ key, value });
    }
  }
  const place = { before: positiveNumber('before'), event: positiveNumber('event') };
  return { filters, ...place, ignored };

  function positiveNumber(key: 'before' | 'event'): number | undefined {
    const value = first(params[key]);
    if (value === undefined) return undefined;
    if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
    ignored.push({ key, value });
    return undefined;
  }
}

function first(value: string | string[] | undefined): string | undefined {
  const one = Array.isArray(value) ? value[0] : value;
  return one === '' ? undefined : one;
}

/** The 31st of February reads as a date in March here and is refused by the database. */
function isNoDay(key: FilterKey, value: string): boolean {
  if (key !== 'from' && key !== 'to') return false;
  const date = new Date(value);
  return (
    Number.isNaN(date.getTime()) ||
    date.toISOString().slice(0, 10) !== value ||
    date.getUTCFullYear() < 1
  );
}
