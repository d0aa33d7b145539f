import type { HistoryFilters } from '@/lib/core/views';

/** In the order in which an address holds them. */
export const FILTER_KEYS = [
  'target',
  'person',
  'action',
  'outcome',
  'from',
  'to',
  'subject',
] as const satisfies readonly (keyof HistoryFilters)[];

export type FilterKey = (typeof FILTER_KEYS)[number];

export const FILTER_LABELS: Record<FilterKey, string> = {
  target: 'Target',
  person: 'Person',
  action: 'Action',
  outcome: 'Outcome',
  from: 'From',
  to: 'To',
  subject: 'Subject',
};

/** Which part of the history is shown, and which of its events is open beside it. */
export interface HistoryPlace {
  filters: HistoryFilters;
  /** Only events older than this number. */
  before?: number | undefined;
  event?: number | undefined;
}

/** The address of a part of the history, the same for everybody it is sent to. */
export function historyHref({ filters, before, event }: HistoryPlace): string {
  const query = filterQuery(filters);
  if (before !== undefined) query.set('before', String(before));
  if (event !== undefined) query.set('event', String(event));
  return query.size > 0 ? `/history?${query}` : '/history';
}

/** Where exactly what the filters show can be saved from. */
export function exportHref(filters: HistoryFilters, format: 'csv' | 'jsonl'): string {
  const query = filterQuery(filters);
  query.set('format', format);
  return `/api/history/export?${query}`;
}

/** The filters with one of them set, or taken away by `undefined`. */
export function withFilter(
  filters: HistoryFilters,
  key: FilterKey,
  value: string | undefined,
): HistoryFilters {
  const { [key]: _, ...others } = filters;
  return (value ? { ...others, [key]: value } : others) as HistoryFilters;
}

export function isFiltered(filters: HistoryFilters): boolean {
  return FILTER_KEYS.some((key) => filters[key] !== undefined);
}

function filterQuery(filters: HistoryFilters): URLSearchParams {
  const query = new URLSearchParams();
  for (const key of FILTER_KEYS) {
    const value = filters[key];
    if (value !== undefined) query.set(key, value);
  }
  return query;
}
