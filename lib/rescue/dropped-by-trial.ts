import type { Node } from 'libpg-query';
import type pg from 'pg';
import { RESCUE_SCHEMA } from '@/lib/core/rescue-schema';

import { sqlstateOf } from '@/lib/target/sqlstate';
import { type Column, readTables, type Table } from './table-shape';

/** What a DROP takes away, as the catalog shows it. */
export interface Dropped {
  tables: Table[];
  columns: { table: Table; columns: Column[] }[];
  /** Sequences of nobody's, whose values go with them. */
  sequences: string[];
}

/** Nothing with rows goes with these. */
const WITHOUT_ROWS = new Set([
  'OBJECT_INDEX',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
  'OBJECT_STATISTIC_EXT',
  'OBJECT_EVENT_TRIGGER',
  'OBJECT_PUBLICATION',
]);

/** Whether a command can take tables or columns away. */
export function mayDrop(node: Node): boolean {
  if ('DropOwnedStmt' in node) return true;
  if ('DropStmt' in node) {
    const { removeType = '', behavior } = node.DropStmt;
    if (WITHOUT_ROWS.has(removeType)) return false;
    return behavior === 'DROP_CASCADE' || HOLDERS.has(removeType);
  }
  if (!('AlterTableStmt' in node)) return false;
  return (node.AlterTableStmt.cmds ?? []).some(
    (cmd) => 'AlterTableCmd' in cmd && cmd.AlterTableCmd.subtype === 'AT_DropColumn',
  );
}

/** These take rows along without a CASCADE, too; members of an extension go with it. */
const HOLDERS = new Set(['OBJECT_TABLE', 'OBJECT_SEQUENCE', 'OBJECT_EXTENSION']);

/**
 * Finds out what a DROP takes along by dropping it and taking that back: CASCADE, inheritance, extensions and
 * partitions are followed by the server itself. Only the catalog is written meanwhile.
 * @throws pg.DatabaseError what the server says to the command, as it will say when it is really sent
 */
export async function droppedBy(client: pg.Client, text: string): Promise<Dropped> {
  const before = await readCatalog(client);
  await client.query('SAVEPOINT backstep_trial');
  const config: pg.QueryConfig & { queryMode: 'extended' } = { text, queryMode: 'extended' };
  await client.query(config);
  const after = await readCatalog(client);
  await client.query('ROLLBACK TO SAVEPOINT backstep_trial');
  await client.query('RELEASE SAVEPOINT backstep_trial');
  return compare(client, before, after);
}

/** Classes of what is wrong with a command itself: names, dependents, schemas, what is not supported. */
const WOULD_NOT_RUN = /^(42|2BP|3F|0A)/;

/**
 * The same for a command of a code block, which may be one that would not run.
 * @returns undefined when the server refuses it
 * @throws pg.DatabaseError for what has to do with others: locks, timeouts, the connection
 */
export async function perhapsDroppedBy(
  client: pg.Client,
  text: string,
): Promise<Dropped | undefined> {
  await client.query('SAVEPOINT backstep_perhaps');
  let dropped: Dropped | undefined;
  try {
    dropped = await droppedBy(client, text);
  } catch (error) {
    if (!WOULD_NOT_RUN.test(sqlstateOf(error) ?? '')) throw error;
    await client.query('ROLLBACK TO SAVEPOINT backstep_perhaps');
  }
  await client.query('RELEASE SAVEPOINT backstep_perhaps');
  return dropped;
}

interface Relation {
  oid: number;
  sequence: string | null;
  /** Numbers of the columns that are there. */
  columns: number[];
}

async function readCatalog(client: pg.Client): Promise<Map<number, Relation>> {
  const { rows } = await client.query<Relation>(
    `SELECT c.oid::int8::float8 AS oid,
       CASE WHEN c.relkind = 'S' THEN
         pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) END AS sequence,
       ARRAY(SELECT a.attnum::int4 FROM pg_catalog.pg_attribute a
         WHERE c.relkind <> 'S' AND a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_'
       AND n.nspname NOT IN ('information_schema', $1)
       AND (c.relkind IN ('r', 'p') OR c.relkind = 'S' AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend d
         WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
           AND d.deptype IN ('a', 'i')))`,
    [RESCUE_SCHEMA],
  );
  return new Map(rows.map((row) => [row.oid, row]));
}

async function compare(
  client: pg.Client,
  before: Map<number, Relation>,
  after: Map<number, Relation>,
): Promise<Dropped> {
  const gone: number[] = [];
  const lost = new Map<number, number[]>();
  const sequences: string[] = [];
  for (const [oid, relation] of before) {
    const now = after.get(oid);
    if (!now && relation.sequence !== null) sequences.push(relation.sequence);
    else if (!now) gone.push(oid);
    else {
      const columns = relation.columns.filter((number) => !now.columns.includes(number));
      if (columns.length > 0) lost.set(oid, columns);
    }
  }
  const holders = await readTables(client, [...lost.keys()]);
  return {
    tables: await readTables(client, gone),
    columns: holders.map((table) => ({
      table,
      columns: table.columns.filter(({ number }) => lost.get(table.oid)?.includes(number)),
    })),
    sequences,
  };
}
