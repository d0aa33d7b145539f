import type { RollbackFilters } from '@/components/rollbacks/rollbacks-url';
import { ROLLBACK_STATUSES, type RollbackStatus } from '@/lib/core/rollback';
import { isStorable } from '@/lib/core/storable-text';
import { listRollbacksInput } from '@/lib/history';

export type SearchParams = Record<string, string | string[] | undefined>;

export interface RollbacksQuery {
  filters: RollbackFilters;
  page: number;
  /** What the address asks for and can't be, fit to be shown. */
  ignored: { key: 'status' | 'target' | 'person' | 'text' | 'page'; value: string }[];
}

/** Reads an address that anybody may have typed: what does not fit is left out, never an error. */
export function readRollbacksQuery(params: SearchParams): RollbacksQuery {
  const ignored: RollbacksQuery['ignored'] = [];
  const text = (key: 'target' | 'person' | 'text'): string | undefined => {
    const value = first(params[key])?.trim();
    if (!value) return undefined;
    if (isStorable(value) && listRollbacksInput.shape[key].safeParse(value).success) return value;
    ignored.push({ key, value });
    return undefined;
  };
  const filters = {
    status: readStatuses(first(params.status), ignored),
    target: text('target'),
    person: text('person'),
    text: text('text'),
  };
  return { filters, page: readPage(first(params.page), ignored), ignored };
}

function readStatuses(
  value: string | undefined,
  ignored: RollbacksQuery['ignored'],
): RollbackStatus[] {
  const found = new Set<RollbackStatus>();
  for (const word of (value ?? '').split(',').map((one) => one.trim())) {
    const status = ROLLBACK_STATUSES.find((known) => known === word);
    if (status) found.add(status);
    else if (word !== '') ignored.push({ key: 'status', value: word });
  }
  return [...found];
}

function readPage(value: string | undefined, ignored: RollbacksQuery['ignored']): number {
  if (!value) return 1;
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  ignored.push({ key: 'page', value });
  return 1;
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
