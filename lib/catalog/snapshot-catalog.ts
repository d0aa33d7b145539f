import pg from 'pg';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { ConflictError } from '@/lib/core/errors';
import { QUERIES } from './queries';
import { changedMeanwhile, readObjects } from './read-objects';

export interface SnapshotOptions {
  /** drizzle's tracking table, which is no part of the application's schema. */
  tracking: { schema: string; table: string };
  /**
   * Read inside the transaction that is open on the client, its own changes included. Found out from
   * the client when it is not said.
   */
  inTransaction?: boolean;
}

/**
 * Settings that change how PostgreSQL prints names, defaults and bounds. With these fixed, two sessions
 * read the same text; JIT only costs time on queries like ours.
 */
const PRINTING: Readonly<Record<string, string>> = {
  search_path: 'pg_catalog',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  jit: 'off',
};

/** How often a schema that changes under our eyes is read before we give up. */
const ATTEMPTS = 3;

/**
 * Reads the schema of a database as data, in two round trips and one read-only transaction with one
 * snapshot. Inside a caller's transaction it reads what that transaction sees and leaves the session's
 * settings as they were.
 *
 * Left out: PostgreSQL's own schemas, members of extensions, temporary objects, the tracking table with
 * its parts and (unless that is `public`) its schema, the fence's functions, `backstep_rescue`.
 *
 * @throws ConflictError when others keep changing the schema meanwhile
 * @throws pg.DatabaseError when the server refuses; a transaction of our own is rolled back
 */
export async function snapshotCatalog(
  client: pg.ClientBase,
  { tracking, inTransaction }: SnapshotOptions,
): Promise<CatalogSnapshot> {
  // 'T' is a transaction in order, 'E' a failed one: neither is ours to begin or end.
  const open = ['T', 'E'].includes(client.getTransactionStatus() ?? '');
  const inside = open || inTransaction === true;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readOnce(client, tracking, inside);
    } catch (error) {
      if (!changedMeanwhile(error)) throw error;
      // A caller's transaction can't be begun anew here: its snapshot, or its failure, is the caller's.
      if (inside || attempt === ATTEMPTS) {
        throw new ConflictError(
          'The schema of the database was changed by somebody else while it was being read. Try again.',
          { cause: error instanceof Error ? error.message : String(error) },
        );
      }
    }
  }
}

async function readOnce(
  client: pg.ClientBase,
  tracking: SnapshotOptions['tracking'],
  inside: boolean,
): Promise<CatalogSnapshot> {
  try {
    const { version, settings } = await begin(client, inside);
    const queries = QUERIES.map((query) => query({ version, tracking }));
    const after = inside ? assign(settings) : 'COMMIT';
    const results = await queryAll(client, [assign(PRINTING), ...queries, after].join(';\n'));
    return { serverVersionNum: version, objects: readObjects(results.slice(1, -1)) };
  } catch (error) {
    // The first failure is the one to tell; a broken connection can't be rolled back either.
    if (!inside) await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

interface Session {
  version: number;
  settings: Record<string, string>;
}

async function begin(client: pg.ClientBase, inside: boolean): Promise<Session> {
  const current = Object.keys(PRINTING)
    .map((name) => `current_setting(${pg.escapeLiteral(name)}) AS ${pg.escapeIdentifier(name)}`)
    .join(', ');
  const select = `SELECT current_setting('server_version_num')::int AS version, ${current}`;
  const opening = inside ? [] : ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'];
  const results = await queryAll(client, [...opening, select].join('; '));
  const row = results.at(-1)?.rows[0] as ({ version: number } & Record<string, string>) | undefined;
  if (!row) throw new Error('The server answered a SELECT of settings without a row.');
  const { version, ...settings } = row;
  return { version, settings };
}

function assign(settings: Readonly<Record<string, string>>): string {
  const calls = Object.entries(settings).map(
    ([name, value]) =>
      `pg_catalog.set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`,
  );
  return `SELECT ${calls.join(', ')}`;
}

/** Several statements in one message; node-postgres answers with a list when there is more than one. */
async function queryAll(client: pg.ClientBase, sql: string): Promise<pg.QueryResult[]> {
  const answer: pg.QueryResult | pg.QueryResult[] = await client.query(sql);
  return Array.isArray(answer) ? answer : [answer];
}
