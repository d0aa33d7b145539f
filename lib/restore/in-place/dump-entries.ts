import { BackstepError } from '@/lib/core/errors';
import { RESCUE_SCHEMA } from '@/lib/core/rescue-schema';
import { isSetAsideSchema, SET_ASIDE_SCHEMA } from '@/lib/core/restore';
import type { DumpedSchema } from '@/lib/restored';

/** Which of a dump's entries are restored in place, as `pg_restore --use-list` takes them. */
export interface DumpEntries {
  lines: string[];
  /** How many of them bring rows, and how many are built on those. */
  data: number;
  built: number;
}

/** Of the database and not of a schema: pg_dump writes `-` for the schema. */
const SCHEMALESS = /^\d+; \d+ \d+ [A-Z]+(?: [A-Z]+)* - /;
/** What of these is restored: settings of the dump itself, and schemas with their rights and comments. */
const OF_SCHEMAS =
  /^\d+; \d+ \d+ (?:ENCODING|STDSTRINGS|SEARCHPATH|SCHEMA|(?:ACL|COMMENT|SECURITY LABEL) - SCHEMA) /;
const OF_DATABASE = /^\d+; \d+ \d+ (?:PUBLICATION|SUBSCRIPTION|EXTENSION|EVENT TRIGGER|BLOB)/;
const BACKSTEP_OWN = new RegExp(
  `^\\d+; \\d+ \\d+ (?:SCHEMA - |[A-Z ]+ - SCHEMA |[A-Z]+(?: [A-Z]+)* )(?:\\S*${SET_ASIDE_SCHEMA.slice(0, -1)}|${RESCUE_SCHEMA}) `,
);
const DATA = /^\d+; \d+ (\d+) TABLE DATA /;
const TABLE = /^\d+; \d+ (\d+) TABLE (?!DATA |ATTACH )/;
const BUILT = /^\d+; \d+ \d+ (?:INDEX|CONSTRAINT|FK CONSTRAINT|TRIGGER|MATERIALIZED VIEW DATA) /;

/**
 * Leaves out what belongs to the database, what Backstep itself has left in it, and the creation of
 * schemas that are there already.
 * @param listed lines of `pg_restore --list`
 * @param schemas `created` are made before; `kept` stay as they are, with their rights
 */
export function entriesInPlace(
  listed: readonly string[],
  { created, kept }: { created: readonly string[]; kept: readonly string[] },
): DumpEntries {
  const tables = new Set(listed.flatMap((line) => TABLE.exec(line)?.[1] ?? []));
  const isThere = (line: string) =>
    created.some((name) => new RegExp(`^\\d+; \\d+ \\d+ SCHEMA - ${escaped(name)} `).test(line)) ||
    kept.some((name) =>
      new RegExp(`^\\d+; \\d+ \\d+ (?:[A-Z ]+ - )?SCHEMA (?:- )?${escaped(name)} `).test(line),
    );
  const lines = listed.filter((line) => {
    if (!/^\d+; /.test(line) || OF_DATABASE.test(line) || BACKSTEP_OWN.test(line)) return false;
    if (SCHEMALESS.test(line) && !OF_SCHEMAS.test(line)) return false;
    // Rows of an extension's own table: it is there with its rows.
    const rowsOf = DATA.exec(line)?.[1];
    if (rowsOf !== undefined && !tables.has(rowsOf)) return false;
    return !isThere(line);
  });
  const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
  return { lines, data: count(DATA), built: count(BUILT) };
}

const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A name as `quote_ident` prints it. */
const unquoted = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;

/**
 * The schemas that a backup brings.
 * @param kept schemas of the present database that hold nothing but extensions
 * @param extensions that the present database has
 * @throws BackstepError `restore_failed` when it can't be told, or what it needs is not there
 */
export function schemasOf(
  dumped: DumpedSchema | null,
  tracking: { schema: string },
  present: { kept: ReadonlySet<string>; extensions: ReadonlySet<string> },
): string[] {
  if (!dumped)
    throw new BackstepError(
      'restore_failed',
      'The backup was taken by an older Backstep and does not say which schemas it has, which a restore in place has to know. Choose another backup.',
    );
  const objects = Object.values(dumped.catalog.objects);
  const lacking = dumped.extensions.filter(({ name }) => !present.extensions.has(name));
  if (lacking.length > 0)
    throw new BackstepError(
      'restore_failed',
      `The backup needs extensions that the database does not have any more: ${lacking.map(({ name }) => name).join(', ')}. Create them, then start again.`,
    );
  const schemas = objects.flatMap(({ kind, name }) => (kind === 'schema' ? unquoted(name) : []));
  const found = [...new Set([...schemas, tracking.schema])].filter(
    (name) => !present.kept.has(name) && name !== RESCUE_SCHEMA && !isSetAsideSchema(name),
  );
  const inKept = objects.find(
    ({ kind, name }) =>
      kind !== 'schema' && [...present.kept].some((schema) => name.startsWith(`${schema}.`)),
  );
  if (inKept)
    throw new BackstepError(
      'restore_failed',
      `The backup has ${inKept.name}, in a schema that holds nothing but extensions here and is not moved. Restore it beside the present database, with a role that may.`,
    );
  return found;
}
