import pg from 'pg';
import type { PlanStep } from '@/lib/core/plan';
import type { Probe, RelationName, Statement } from '@/lib/core/statement';

/** What the catalog says of a statement that no transaction held. */
export interface Probed {
  found: 'done' | 'not_done' | 'unfinished';
  /** The same as a sentence. */
  message: string;
  /** What takes away what is half done, or completes it, each on its own; null when the statement itself does. */
  mend: { sql: readonly string[]; completes: boolean } | null;
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
    case 'reindex':
      return (await leftByReindex(client, probe)) ?? AGAIN;
    case 'repeatable':
      return AGAIN;
  }
}

const AGAIN: Probed = {
  found: 'not_done',
  message: 'It may be sent as often as one likes, so it is sent again.',
  mend: null,
};

const sqlName = ({ schema, name }: RelationName): string =>
  schema === undefined
    ? pg.escapeIdentifier(name)
    : `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;

const dropIndexSql = (index: RelationName): string =>
  `DROP INDEX CONCURRENTLY IF EXISTS ${sqlName(index)}`;

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
    mend: { sql: [dropIndexSql(found)], completes: false },
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

// The new index before it takes the place of the old one, and the old one afterwards. Nobody reads either.
const LEFT_BY_REINDEX = `
  SELECT n.nspname AS schema, c.relname AS name
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class t ON i.indrelid IN (t.oid, t.reltoastrelid)
  WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'
    AND t.relkind IN ('r', 'm')`;

/** Null where nothing is left of it. */
async function leftByReindex(
  client: pg.Client,
  { index, table, schema }: Extract<Probe, { kind: 'reindex' }>,
): Promise<Probed | null> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    index || table
      ? `WITH named AS (
           SELECT coalesce(x.indrelid, r.oid) AS oid FROM pg_catalog.pg_class r
           LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = r.oid
           WHERE r.oid = pg_catalog.to_regclass($1))
         ${LEFT_BY_REINDEX} AND t.oid IN (SELECT oid FROM named UNION ALL
           SELECT p.relid FROM named, pg_catalog.pg_partition_tree(named.oid) p) ORDER BY 1, 2`
      : `${LEFT_BY_REINDEX} AND t.relnamespace IN (
           SELECT oid FROM pg_catalog.pg_namespace
           WHERE nspname = $1 OR $1 IS NULL AND nspname !~ '^pg_') ORDER BY 1, 2`,
    [index || table ? sqlName(index ?? table ?? { name: '' }) : (schema ?? null)],
  );
  if (rows.length === 0) return null;
  const names = rows.map((row) => `${row.schema}.${row.name}`).join(', ');
  return {
    found: 'unfinished',
    message: `REINDEX was broken off and has left ${names}, INVALID.`,
    mend: { sql: rows.map(dropIndexSql), completes: false },
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
      sql: [`ALTER TABLE ${sqlName(parent)} DETACH PARTITION ${sqlName(partition)} FINALIZE`],
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
