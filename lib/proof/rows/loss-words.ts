import pg from 'pg';
import type { CapturedTable } from './capture-rows';

/** Longer values are cut in a sentence. */
const SHOWN = 60;

/** `public.users.nickname`, quoted where PostgreSQL quotes. */
export function columnName(table: CapturedTable, at: number): string {
  const name = table.columns[at]?.name ?? '';
  return `${table.name}.${/^[a-z_][a-z0-9_$]*$/.test(name) ? name : pg.escapeIdentifier(name)}`;
}

/** `1 row`, `3 rows`, `12,000 rows`. */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** `"a" became "b"`. */
export function example(change: { was: string | null; is: string | null } | undefined): string {
  return `${shown(change?.was ?? null)} became ${shown(change?.is ?? null)}`;
}

function shown(value: string | null): string {
  if (value === null) return 'nothing';
  const letters = [...value];
  return `"${letters.length > SHOWN ? `${letters.slice(0, SHOWN).join('')}…` : value}"`;
}
