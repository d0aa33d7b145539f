import pg from 'pg';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { ConflictError } from '@/lib/core/errors';
import { PRINTING, queryAll, setLocally } from './printing';
import { CLUSTER_QUERIES, type PlannedQuery, QUERIES } from './queries';
import { assertWhole, changedMeanwhile, type ObjectRow, readObjects } from './read-objects';

export interface SnapshotOptions {
  /** drizzle's tracking table, which is no part of the application's schema. */
  tracking: { schema: string; table: string };
  /**
   * Read inside the transaction that is open on the client, its own changes included. Found out from
   * the client when it is not said.
   */
  inTransaction?: boolean;
  /** Read roles, settings and the other kinds of `ClusterKind`, too. */
  cluster?: boolean;
}

/** How often a schema that changes under our eyes is read before we give up. */
const ATTEMPTS = 3;

/**
 * Reads the schema of a database as data, in two round trips and one read-only transaction with one
 * snapshot. Inside a caller's transaction it reads what that transaction sees and leaves the session's
 * settings as they were.
 *
 * Left out: PostgreSQL's own schemas, members of extensions, temporary objects, the tracking table with
 * its parts and (unless that is `public`) its schema, the fence's functions, `backstep_rescue`. With
 * `cluster` the server's roles and the other kinds of `ClusterKind` are read as well; of secrets (role
 * passwords, connection strings, user mappings) only whether they are there.
 *
 * @throws ConflictError when others keep changing the schema meanwhile
 * @throws pg.DatabaseError when the server refuses; a transaction of our own is rolled back
 */
export async function snapshotCatalog(
  client: pg.ClientBase,
  { tracking, inTransaction, cluster = false }: SnapshotOptions,
): Promise<CatalogSnapshot> {
  // 'T' is a transaction in order, 'E' a failed one: neither is ours to begin or end.
  const open = ['T', 'E'].includes(client.getTransactionStatus() ?? '');
  const inside = open || inTransaction === true;
  const { serverVersionNum, results } = await readWhole(client, { tracking, cluster, inside });
  return { serverVersionNum, objects: readObjects(results.map(({ rows }) => rows)) };
}

export interface WholeReading {
  serverVersionNum: number;
  /** What the statements of `first` answered. */
  first: pg.QueryResult[];
  results: { rows: ObjectRow[]; partOf: PlannedQuery['partOf'] }[];
}

/**
 * Reads every object of the schema, in a transaction of its own unless it is `inside` of one.
 * @param first statements of the caller, on the same snapshot and before everything else
 * @throws ConflictError when others keep changing the schema meanwhile
 */
export async function readWhole(
  client: pg.ClientBase,
  options: { tracking: SnapshotOptions['tracking']; cluster: boolean; inside: boolean },
  first: readonly string[] = [],
): Promise<WholeReading> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readOnce(client, options, first);
    } catch (error) {
      if (!changedMeanwhile(error)) throw error;
      // A caller's transaction can't be begun anew here: its snapshot, or its failure, is the caller's.
      if (options.inside || attempt === ATTEMPTS) {
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
  options: { tracking: SnapshotOptions['tracking']; cluster: boolean; inside: boolean },
  first: readonly string[],
): Promise<WholeReading> {
  const { tracking, cluster, inside } = options;
  try {
    const all = cluster ? [...QUERIES, ...CLUSTER_QUERIES] : QUERIES;
    const { version, readsPasswords, worthwhile, settings } = await begin(client, inside, all);
    const planned = all
      .filter((_, place) => worthwhile[place])
      .map(({ query, partOf }) => ({ sql: query({ version, tracking, readsPasswords }), partOf }))
      .filter(({ sql }) => sql !== '');
    const after = inside ? setLocally(settings) : 'COMMIT';
    const statements = [setLocally(PRINTING), ...first, ...planned.map(({ sql }) => sql), after];
    const answers = await queryAll(client, statements.join(';\n'));
    const results = planned.map(({ partOf }, place) => ({
      rows: answers[1 + first.length + place]?.rows ?? [],
      partOf,
    }));
    assertWhole(results.flatMap(({ rows }) => rows));
    return {
      serverVersionNum: version,
      first: answers.slice(1, 1 + first.length),
      results,
    };
  } catch (error) {
    // The first failure is the one to tell; a broken connection can't be rolled back either.
    if (!inside) await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

interface Session {
  version: number;
  readsPasswords: boolean;
  /** By the place of the query: false where it would find nothing. */
  worthwhile: boolean[];
  settings: Record<string, string>;
}

async function begin(
  client: pg.ClientBase,
  inside: boolean,
  planned: readonly PlannedQuery[],
): Promise<Session> {
  const looks = planned.map(({ somethingIn }) =>
    somethingIn ? `EXISTS (SELECT FROM ${somethingIn})` : 'true',
  );
  const current = Object.keys(PRINTING)
    .map((name) => `current_setting(${pg.escapeLiteral(name)}) AS ${pg.escapeIdentifier(name)}`)
    .join(', ');
  const select = `SELECT current_setting('server_version_num')::int AS version,
    has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS "readsPasswords",
    ARRAY[${looks.join(', ')}] AS worthwhile, ${current}`;
  const opening = inside ? [] : ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'];
  const results = await queryAll(client, [...opening, select].join('; '));
  const row = results.at(-1)?.rows[0] as
    | (Omit<Session, 'settings'> & Record<string, string>)
    | undefined;
  if (!row) throw new Error('The server answered a SELECT of settings without a row.');
  const { version, readsPasswords, worthwhile, ...settings } = row;
  return { version, readsPasswords, worthwhile, settings };
}
