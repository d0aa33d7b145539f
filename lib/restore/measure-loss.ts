import pg from 'pg';
import type { BackupManifest } from '@/lib/control';
import type { Amount } from '@/lib/core/evidence';
import { type RestoreLoss, SET_ASIDE_SCHEMA } from '@/lib/core/restore';
import { changesSince, readRowChanges } from '@/lib/impact';

/** Tables that look smaller than this are counted; larger ones are estimated. */
const COUNTED_BELOW = 200_000;
/** For one table: the target goes on serving meanwhile. */
const QUESTION_MS = 1_500;
/** The newest value of a column that no index helps with is only asked of small tables. */
const SCANNED_BELOW = 200_000;

const TABLES_SQL = `
  SELECT n.nspname AS schema, c.relname AS table,
         greatest(c.reltuples, 0)::float8 AS about,
         coalesce(s.n_live_tup, 0)::float8 AS live,
         c.relpages AS pages,
         (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                   'column', a.attname,
                   'indexed', EXISTS (SELECT FROM pg_catalog.pg_index i
                                       WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum
                                         AND i.indisvalid AND i.indpred IS NULL))
                   ORDER BY a.attnum), '[]')
            FROM pg_catalog.pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)
             AND a.attname ~* '^(updated|modified|changed|created|inserted)(_?(at|on|time))?$') AS tells
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_stat_user_tables s ON s.relid = c.oid
   WHERE c.relkind = 'r' AND c.relpersistence <> 't'
     AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
     AND n.nspname !~ ${pg.escapeLiteral(SET_ASIDE_SCHEMA)}
   ORDER BY 1, 2`;

interface LiveTable {
  schema: string;
  table: string;
  about: number;
  live: number;
  pages: number;
  /** Columns that tell when a row was written. */
  tells: { column: string; indexed: boolean }[];
}

/**
 * What the present database has that the backup lacks, as far as it can be known without holding it up:
 * small tables are counted, large ones estimated, and each question has a limit.
 * @param client on the present database, in no transaction
 */
export async function measureLoss(
  client: pg.Client,
  manifest: BackupManifest,
  snapshot: { at: string; now: Date },
  migrations: string[],
): Promise<RestoreLoss> {
  const problems: string[] = [];
  await client.query(`SET statement_timeout = ${QUESTION_MS}`);
  await client.query('SET lock_timeout = 500');
  // Rows that a policy hides from the role are lost as well: better an error that is told than too few.
  await client.query('SET row_security = off');
  const before = new Map((manifest.rows ?? []).map(({ table, rows }) => [table, rows]));
  const tables: RestoreLoss['tables'] = [];
  for (const live of (await client.query<LiveTable>(TABLES_SQL)).rows) {
    const name = `${live.schema}.${live.table}`;
    const now = await countOf(client, live, problems);
    const was = before.get(name) ?? null;
    const newest = await newestOf(client, live);
    if (now.value !== was || (newest !== null && newest.at > snapshot.at))
      tables.push({ table: name, before: was, now, newest });
  }
  const writes = changesSince(manifest.activity, await readRowChanges(client));
  return {
    takenAt: snapshot.at,
    ageMs: snapshot.now.getTime() - Date.parse(snapshot.at),
    writes: writes.total,
    tables: tables.sort((a, b) => difference(b) - difference(a)),
    migrations,
    problems,
  };
}

const difference = ({ before, now }: RestoreLoss['tables'][number]): number =>
  Math.abs((now.value ?? 0) - (before ?? 0));

const nameOf = ({ schema, table }: LiveTable): string =>
  `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;

async function countOf(client: pg.Client, live: LiveTable, problems: string[]): Promise<Amount> {
  const estimate = Math.round(Math.max(live.about, live.live));
  if (estimate < COUNTED_BELOW) {
    try {
      const { rows } = await client.query<{ n: string }>(
        `SELECT count(*)::text AS n FROM ${nameOf(live)}`,
      );
      return { value: Number(rows[0]?.n ?? 0), estimate: false, source: 'counted' };
    } catch (cause) {
      if (!(cause instanceof pg.DatabaseError)) throw cause;
      problems.push(`${live.schema}.${live.table} could not be counted: ${cause.message}.`);
    }
  }
  return { value: estimate, estimate: true, source: 'table statistics' };
}

/** The newest value of all columns that can be asked: a row that was never changed has only its first time. */
async function newestOf(
  client: pg.Client,
  live: LiveTable,
): Promise<{ column: string; at: string } | null> {
  let newest: { column: string; at: string } | null = null;
  for (const { column, indexed } of live.tells) {
    if (!indexed && Math.max(live.about, live.live) > SCANNED_BELOW) continue;
    const at = await newestIn(client, live, column);
    if (at !== null && (newest === null || at > newest.at)) newest = { column, at };
  }
  return newest;
}

async function newestIn(
  client: pg.Client,
  live: LiveTable,
  column: string,
): Promise<string | null> {
  try {
    const { rows } = await client.query<{ at: string | null }>(
      `SELECT pg_catalog.to_char(max(${pg.escapeIdentifier(column)}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
         FROM ${nameOf(live)}`,
    );
    return rows[0]?.at ?? null;
  } catch (cause) {
    // It takes too long or may not be read: then it can't be known.
    if (!(cause instanceof pg.DatabaseError)) throw cause;
    return null;
  }
}
