import pg from 'pg';
import type { RestoredCheck, TableRows } from '@/lib/core/backup';
import { SET_ASIDE_SCHEMA } from '@/lib/core/restore';
import { closeTarget } from '@/lib/target';

interface CopiedTable {
  name: string;
  quoted: string;
}

// The same tables as a dump counts: an extension's own come back with the extension.
const TABLES = `
  SELECT n.nspname || '.' || c.relname AS name,
         pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'r' AND c.relpersistence <> 't'
     AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
     AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
          AND d.deptype = 'e')
     AND NOT ($1 AND n.nspname ~ ${pg.escapeLiteral(SET_ASIDE_SCHEMA)})
   ORDER BY c.relpages DESC, 1`;

/**
 * Counts every table of a restored database, the largest first, on several connections.
 * @throws what the server says; the signal's reason
 */
export async function countTables(options: {
  /** Opens further connections; null counts on the given one alone, in the transaction that is open there. */
  connect: (() => Promise<pg.Client>) | null;
  client: pg.Client;
  jobs: number;
  signal: AbortSignal;
  onProgress(done: number, total: number): void;
}): Promise<TableRows[]> {
  const clients = options.connect
    ? await openAll(options.connect, Math.max(1, options.jobs))
    : [options.client];
  try {
    const [first] = clients;
    const tables =
      (await first?.query<CopiedTable>(TABLES, [options.connect === null]))?.rows ?? [];
    const counted: TableRows[] = [];
    let next = 0;
    const work = async (client: pg.Client) => {
      // Without it a low default would end the count of a large table.
      await client.query('SET statement_timeout = 0');
      await client.query('SET row_security = off');
      for (let table = tables[next++]; table; table = tables[next++]) {
        options.signal.throwIfAborted();
        const { rows } = await client.query<{ count: string }>(
          `SELECT pg_catalog.count(*)::text AS count FROM ONLY ${table.quoted}`,
        );
        counted.push({ table: table.name, rows: Number(rows[0]?.count) });
        options.onProgress(counted.length, tables.length);
      }
    };
    await Promise.all(clients.map(work));
    return counted;
  } finally {
    if (options.connect) await Promise.all(clients.map((client) => closeTarget(client)));
  }
}

async function openAll(connect: () => Promise<pg.Client>, count: number): Promise<pg.Client[]> {
  const opened = await Promise.allSettled(Array.from({ length: count }, () => connect()));
  const clients = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = opened.find((one) => one.status === 'rejected');
  if (!failed) return clients;
  await Promise.all(clients.map((client) => closeTarget(client)));
  throw failed.reason;
}

/** Tables whose rows are not as many as the manifest says, and those that only one side has. */
export function compareRows(
  expected: readonly TableRows[],
  found: readonly TableRows[],
): RestoredCheck['mismatches'] {
  const [wanted, got] = [byTable(expected), byTable(found)];
  return [...new Set([...wanted.keys(), ...got.keys()])].sort().flatMap((table) => {
    const [a, b] = [wanted.get(table), got.get(table)];
    if (a?.tables === b?.tables && a?.rows === b?.rows) return [];
    return [{ table, expected: a?.rows ?? 0, found: b?.rows ?? 0 }];
  });
}

/** Names are not quoted: `a."b.c"` and `"a.b".c` are the same one, and are added up. */
function byTable(list: readonly TableRows[]): Map<string, { tables: number; rows: number }> {
  const sums = new Map<string, { tables: number; rows: number }>();
  for (const { table, rows } of list) {
    const sum = sums.get(table);
    sums.set(table, { tables: (sum?.tables ?? 0) + 1, rows: (sum?.rows ?? 0) + rows });
  }
  return sums;
}
