import type pg from 'pg';
import { RESCUE_SCHEMA } from '@/lib/core/rescue-schema';
import { readFacts } from './facts';
import type { FoundCopy } from './rescued-copy';

/** In the order in which they were made. */
const COPIES = `
  SELECT c.relname AS name, pg_catalog.obj_description(c.oid, 'pg_class') AS comment,
    pg_catalog.pg_total_relation_size(c.oid)::float8 AS bytes
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind = 'r'
  ORDER BY c.oid`;

/**
 * The copies that are on a target, oldest first, told by the comments on them: of one rollback, or of all. Tables
 * of that schema without such a comment are left out. Whoever merges several begins with the newest.
 */
export async function readRescueCopies(
  client: pg.ClientBase,
  rollback?: string,
): Promise<FoundCopy[]> {
  const { rows } = await client.query<{ name: string; comment: string | null; bytes: number }>(
    COPIES,
    [RESCUE_SCHEMA],
  );
  const found = rows.flatMap(({ name, comment, bytes }): FoundCopy[] => {
    const facts = readFacts(comment);
    if (!facts) return [];
    const { shape: _, ...told } = facts;
    return [{ ...told, copy: `${RESCUE_SCHEMA}.${name}`, bytes }];
  });
  const wanted = found.filter((copy) => rollback === undefined || copy.rollback === rollback);
  return wanted.sort(
    (a, b) =>
      a.createdAt.localeCompare(b.createdAt) ||
      a.position - b.position ||
      runningNumber(a) - runningNumber(b),
  );
}

/** Several copies of one transaction bear the same time. */
function runningNumber({ copy }: FoundCopy): number {
  return Number(/_(\d+)$/.exec(copy)?.[1] ?? 0);
}
