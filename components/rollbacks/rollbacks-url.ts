import type { RollbackStatus } from '@/lib/core/rollback';

export interface RollbackFilters {
  /** Empty: any. */
  status: readonly RollbackStatus[];
  target?: string | undefined;
  /** Id of who asked. */
  person?: string | undefined;
  text?: string | undefined;
}

/** The address of a part of the list, the same for everybody it is sent to. */
export function rollbacksHref(filters: RollbackFilters, page = 1): string {
  const query: string[] = [];
  const add = (key: string, value: string | undefined) => {
    if (value) query.push(`${key}=${encodeURIComponent(value)}`);
  };
  // The commas stay readable: statuses are known words.
  if (filters.status.length > 0) query.push(`status=${filters.status.join(',')}`);
  add('target', filters.target);
  add('person', filters.person);
  add('text', filters.text);
  if (page > 1) query.push(`page=${page}`);
  return query.length > 0 ? `/rollbacks?${query.join('&')}` : '/rollbacks';
}
