import pg from 'pg';
import type { PlanStep } from '@/lib/core/plan';
import type { Probe, RelationName, Statement } from '@/lib/core/statement';

/** What the catalog says of a statement that no transaction held. */
export interface Probed {
  found: 'done' | 'not_done' | 'unfinished';
  /** The same as a sentence. */
  message: string;
  /** What takes away what is half done, or completes it; null when the statement itself does. */
  mend: { sql: string; completes: boolean } | null;
}

/**
 * Asks the catalog whether a statement is done that ran outside of a transaction. Reads only; the names
 * are looked up on the search path of the session, as the statement's own are.
 * @throws what the server says
 */
export async function probeStatement(client: pg.Client, statement: Statement): Promise<Probed> {
  const { probe } = statement;
  if (!probe) throw new Error(`statement ${statement.index} can't be probed`);
  switch (probe.kind) {
    case 'create_index':
      return createdIndex(client, probe);
    case 'drop_index':
      return droppedIndex(client, probe);
    case 'detach_partition':
      return detachedPartition(client, probe);
    case 'repeatable':
      return {
        found: 'not_done',
        message: 'It may be sent as often as one likes, so it is sent again.',
        mend: null,
      };
  }
}

const sqlName = ({ schema, name }: RelationName): string =>
  schema === undefined
    ? pg.escapeIdentifier(name)
    : `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;

interface IndexRow {
  schema: string;
  name: string;
  ready: boolean;
}

const READY = 'i.indisvalid AND i.indisready AND i.indislive AS ready';

/** An index lies in the schema of its table, whatever the search path says. */
async function createdIndex(
  client: pg.Client,
  { index, table }: Extract<Probe, { kind: 'create_index' }>,
): Promise<Probed> {
  const { rows } = await client.query<IndexRow>(
    `SELECT n.nspname AS schema, c.relname AS name, ${READY}
     FROM pg_catalog.pg_index i
     JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = $1 AND i.indrelid = pg_catalog.to_regclass($2)`,
    [index.name, sqlName(table)],
  );
  const [found] = rows;
  if (!found) {
    return { found: 'not_done', message: `There is no index ${index.name}.`, mend: null };
  }
  if (found.ready) {
    return { found: 'done', message: `The index ${index.name} is there and valid.`, mend: null };
  }
  return {
    found: 'unfinished',
    message: `The index ${index.name} is there, but INVALID: building it was broken off.`,
    mend: { sql: `DROP INDEX CONCURRENTLY IF EXISTS ${sqlName(found)}`, completes: false },
  };
}

async function droppedIndex(
  client: pg.Client,
  { index }: Extract<Probe, { kind: 'drop_index' }>,
): Promise<Probed> {
  const { rows } = await client.query<IndexRow>(
    `SELECT n.nspname AS schema, c.relname AS name, ${READY}
     FROM pg_catalog.pg_index i
     JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = pg_catalog.to_regclass($1)`,
    [sqlName(index)],
  );
  const [found] = rows;
  if (!found) {
    return { found: 'done', message: `The index ${index.name} is gone.`, mend: null };
  }
  if (found.ready) {
    return { found: 'not_done', message: `The index ${index.name} is still there.`, mend: null };
  }
  return {
    found: 'unfinished',
    message: `The index ${index.name} is INVALID, but not gone: dropping it was broken off.`,
    mend: null,
  };
}

/** Broken off between its two transactions, a partition waits to be finalized: there is no way back. */
async function detachedPartition(
  client: pg.Client,
  { parent, partition }: Extract<Probe, { kind: 'detach_partition' }>,
): Promise<Probed> {
  // The column is there from PostgreSQL 14 on, as the statement is.
  const { rows } = await client.query<{ pending: boolean | null }>(
    `SELECT (pg_catalog.to_jsonb(h) ->> 'inhdetachpending')::boolean AS pending
     FROM pg_catalog.pg_inherits h
     WHERE h.inhparent = pg_catalog.to_regclass($1) AND h.inhrelid = pg_catalog.to_regclass($2)`,
    [sqlName(parent), sqlName(partition)],
  );
  const [found] = rows;
  if (!found) {
    return { found: 'done', message: `${partition.name} is no partition any more.`, mend: null };
  }
  if (found.pending !== true) {
    return { found: 'not_done', message: `${partition.name} is still a partition.`, mend: null };
  }
  return {
    found: 'unfinished',
    message: `${partition.name} is half detached: its partition waits to be finalized.`,
    mend: {
      sql: `ALTER TABLE ${sqlName(parent)} DETACH PARTITION ${sqlName(partition)} FINALIZE`,
      completes: true,
    },
  };
}

/** The statement of a part that runs alone. @throws when the part is a transaction */
export function aloneOf(step: PlanStep, part: { statements: readonly number[] }): Statement {
  const statement = step.statements[part.statements[0] ?? -1];
  if (!statement || statement.transactional) {
    throw new Error(`step ${step.position} has no statement of its own in this part`);
  }
  return statement;
}
