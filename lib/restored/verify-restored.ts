import pg from 'pg';
import { fingerprint } from '@/lib/catalog';
import type { BackupManifest } from '@/lib/control';
import type { RestoredCheck } from '@/lib/core/backup';
import type { CatalogKind, SchemaChange } from '@/lib/core/catalog';
import { isSetAsideSchema, SET_ASIDE_SCHEMA } from '@/lib/core/restore';
import type { TrackingTable } from '@/lib/target';
import { compareSchema, type SchemaComparison } from './compare-schema';
import { compareRows, countTables } from './count-tables';
import type { DumpedSchema } from './dumped-schema';

// A dump has no invalid index, and a constraint that it says is valid has to come back as one.
const INVALID = `
  SELECT 'index ' || pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname !~ '^pg_'
     AND n.nspname !~ ${pg.escapeLiteral(SET_ASIDE_SCHEMA)}
   UNION ALL
  SELECT 'constraint ' || pg_catalog.format('%I.%I.%I', n.nspname, c.relname, k.conname)
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE NOT k.convalidated AND n.nspname !~ '^pg_'
     AND n.nspname !~ ${pg.escapeLiteral(SET_ASIDE_SCHEMA)}
   ORDER BY 1`;

export interface VerifyInput {
  /** Null: all is read on the one client, in the transaction that is open there, and what is set aside is left out. */
  connect: (() => Promise<pg.Client>) | null;
  /** Connections that count at the same time. */
  jobs: number;
  /** Kinds that belong to the database and were not restored; a difference in one is a remark. */
  untouched?: ReadonlySet<CatalogKind>;
  manifest: BackupManifest;
  dumped: DumpedSchema | null;
  tracking: TrackingTable;
  restoreMs: number;
  signal: AbortSignal;
  onProgress(phase: string, done: number, total: number): void;
}

/**
 * Compares a restored database with what the backup's manifest says of it: rows of every table, the
 * schema, and that nothing in it is invalid.
 * @param client on the restored database
 * @throws what the server says; the signal's reason
 */
export async function verifyRestored(
  client: pg.Client,
  input: VerifyInput,
): Promise<{ check: RestoredCheck; schema: SchemaComparison }> {
  const { manifest, dumped, tracking, restoreMs, signal } = input;
  const started = performance.now();
  const counted = await countTables({
    ...input,
    client,
    onProgress: (done, total) => input.onProgress('Counting rows', done, total),
  });
  const expectedRows = (manifest.rows ?? []).filter(
    ({ table }) => input.connect !== null || !isSetAsideSchema(table.split('.')[0] ?? ''),
  );
  const mismatches = compareRows(expectedRows, counted);
  signal.throwIfAborted();
  input.onProgress('Comparing the schema', 0, 1);
  const schema = await compareSchema(client, manifest, dumped, tracking, input.untouched);
  const invalid = (await client.query<{ name: string }>(INVALID)).rows
    .map(({ name }) => name)
    .filter((name) => !wasNotValid(name, dumped));
  const bytes = await client.query<{ bytes: string }>(
    'SELECT pg_catalog.pg_database_size(pg_catalog.current_database())::text AS bytes',
  );
  const rows = counted.reduce((sum, table) => sum + table.rows, 0);
  const problems = [
    ...rowProblems(mismatches),
    ...schemaProblems(schema),
    ...(invalid.length > 0 ? [`invalid in the copy: ${listed(invalid)}`] : []),
  ];
  const ok = problems.length === 0;
  const expected = manifest.schemaFingerprint;
  return {
    schema,
    check: {
      ok,
      message: ok
        ? `${counted.length} tables with ${rows.toLocaleString('en-US')} rows as the manifest says${schema.fingerprint ? ', and the schema is equal' : ''}.`
        : `${sentenceCase(problems.join('; '))}.`,
      restoreMs: Math.round(restoreMs),
      verifyMs: Math.round(performance.now() - started),
      bytes: Number(bytes.rows[0]?.bytes ?? 0),
      tables: counted.length,
      rows,
      mismatches,
      fingerprint: schema.fingerprint ?? { expected, found: fingerprint(schema.catalog) },
      invalid,
      remarks: schema.remarks,
    },
  };
}

/** NOT VALID is part of a constraint's definition. */
const wasNotValid = (name: string, dumped: DumpedSchema | null): boolean =>
  /NOT VALID/.test(String(dumped?.catalog.objects[name]?.attributes.definition ?? ''));

function rowProblems(mismatches: RestoredCheck['mismatches']): string[] {
  const [first] = mismatches;
  if (!first) return [];
  const more = mismatches.length - 1;
  return [
    `the table ${first.table} has ${first.found} rows in the copy and ${first.expected} in the manifest${more > 0 ? `, and ${more} more ${more === 1 ? 'table differs' : 'tables differ'}` : ''}`,
  ];
}

function schemaProblems({ fingerprint, differences }: SchemaComparison): string[] {
  if (differences.length > 0)
    return [`the schema differs from the dumped one in ${listed(differences.map(nameOf))}`];
  return fingerprint && fingerprint.expected !== fingerprint.found
    ? ['the schema is another one than the manifest says']
    : [];
}

const nameOf = ({ kind, name }: SchemaChange): string => `${kind.replaceAll('_', ' ')} ${name}`;

const NAMED_AT_MOST = 5;

function listed(names: readonly string[]): string {
  const more = names.length - NAMED_AT_MOST;
  const shown = names.slice(0, NAMED_AT_MOST).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
