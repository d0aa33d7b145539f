import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { requireNoPrepared } from '../sessions';
import { namesOfNamespaces } from './namespaces';

const { escapeIdentifier: id } = pg;

/** Whoever reads there is let finish, but not waited for long: others wait behind the drop. */
const LOCK_WAIT = '5s';

/** Catalogs with a column that says in which schema an object is. */
const IN_SCHEMAS: [string, string][] = [
  ['pg_class', 'relnamespace'],
  ['pg_proc', 'pronamespace'],
  ['pg_type', 'typnamespace'],
  ['pg_constraint', 'connamespace'],
  ['pg_operator', 'oprnamespace'],
  ['pg_opclass', 'opcnamespace'],
  ['pg_opfamily', 'opfnamespace'],
  ['pg_collation', 'collnamespace'],
  ['pg_conversion', 'connamespace'],
  ['pg_statistic_ext', 'stxnamespace'],
  ['pg_ts_config', 'cfgnamespace'],
  ['pg_ts_dict', 'dictnamespace'],
  ['pg_ts_parser', 'prsnamespace'],
  ['pg_ts_template', 'tmplnamespace'],
  ['pg_default_acl', 'defaclnamespace'],
];

/** Parts of relations, which are where their relation is. */
const IN_RELATIONS: [string, string][] = [
  ['pg_attrdef', 'adrelid'],
  ['pg_trigger', 'tgrelid'],
  ['pg_rewrite', 'ev_class'],
  ['pg_policy', 'polrelid'],
];

/** Parts of operator families, which are where their family is. */
const IN_FAMILIES: [string, string][] = [
  ['pg_amop', 'amopfamily'],
  ['pg_amproc', 'amprocfamily'],
];

const IN_DATABASE = [
  'pg_namespace',
  'pg_extension',
  'pg_event_trigger',
  'pg_cast',
  'pg_transform',
  'pg_foreign_server',
  'pg_foreign_data_wrapper',
  'pg_publication',
  'pg_language',
  'pg_am',
];

/** Everything that is not in one of the schemas; a TOAST table belongs to its table. */
const OUTSIDE = [
  ...IN_SCHEMAS.map(
    ([catalog, column]) => `
  SELECT '${catalog}'::pg_catalog.regclass::oid::int8 AS class, o.oid::int8 AS oid, 0 AS part FROM pg_catalog.${catalog} o
   WHERE o.${column} <> ALL (SELECT s.oid FROM gone s) AND o.${column} <> ALL (SELECT s.oid FROM passing s)`,
  ),
  ...IN_RELATIONS.map(
    ([catalog, column]) => `
  SELECT '${catalog}'::pg_catalog.regclass::oid::int8, o.oid::int8, 0 FROM pg_catalog.${catalog} o
    JOIN pg_catalog.pg_class c ON c.oid = o.${column} WHERE c.relnamespace <> ALL (SELECT s.oid FROM gone s)`,
  ),
  ...IN_FAMILIES.map(
    ([catalog, column]) => `
  SELECT '${catalog}'::pg_catalog.regclass::oid::int8, o.oid::int8, 0 FROM pg_catalog.${catalog} o
    JOIN pg_catalog.pg_opfamily f ON f.oid = o.${column} WHERE f.opfnamespace <> ALL (SELECT s.oid FROM gone s)`,
  ),
  `
  SELECT 'pg_class'::pg_catalog.regclass::oid::int8, a.attrelid::int8, a.attnum::int FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
   WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace <> ALL (SELECT s.oid FROM gone s)
     AND c.relnamespace <> ALL (SELECT s.oid FROM passing s)`,
  ...IN_DATABASE.map(
    (catalog) => `
  SELECT '${catalog}'::pg_catalog.regclass::oid::int8, o.oid::int8, 0 FROM pg_catalog.${catalog} o
   ${catalog === 'pg_namespace' ? 'WHERE o.oid <> ALL (SELECT s.oid FROM gone s)' : ''}`,
  ),
].join('\n  UNION ALL');

const KEYS = `
  WITH gone AS (SELECT g.oid FROM pg_catalog.unnest($1::int8[]::oid[]) AS g(oid)),
       passing AS (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname ~ '^pg_(toast|temp)')
  SELECT pg_catalog.concat_ws(' ', k.class, k.oid, k.part) AS key FROM (${OUTSIDE}) k`;

/**
 * What refers to something that is not there. PostgreSQL takes no lock on a type or a function that a new
 * column or view begins to use, so a drop that has looked already leaves it behind broken.
 */
const BROKEN = [['pg_namespace'], ...IN_SCHEMAS]
  .map(
    ([catalog]) => `
  SELECT pg_catalog.concat_ws(' ', d.classid::int8, d.objid::int8, d.objsubid) AS key FROM pg_catalog.pg_depend d
   WHERE d.refclassid = 'pg_catalog.${catalog}'::pg_catalog.regclass
     AND NOT EXISTS (SELECT FROM pg_catalog.${catalog} o WHERE o.oid = d.refobjid)`,
  )
  .join('\n  UNION ALL');

const DESCRIBED = `
  SELECT pg_catalog.pg_describe_object(($1::int8)::oid, ($2::int8)::oid, $3::int) AS name`;

/** Taken first, so that the drop has little to wait for after it has looked at what depends on what. */
const RELATIONS = `
  SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.oid = ANY ($1::int8[]::oid[]) AND c.relkind IN ('r', 'p') ORDER BY c.oid`;

/** A schema as it was found before the drop: what is called by its name then must still be it. */
export interface DroppedSchema {
  name: string;
  oid: number;
}

/** Both are on the database of the schemas. */
export interface DropSessions {
  client: pg.ClientBase;
  /** Sees what is committed, and so also what the drop of the other, which is not, has taken away. */
  watcher: pg.ClientBase;
}

/**
 * One DROP SCHEMA … CASCADE that takes nothing along which is not in the schemas. It comes first, waits for
 * who is in its way, and takes what they have committed by then; only after it, what is outside is listed
 * as others see it and as the drop has left it, and a difference undoes all of it.
 * @throws BackstepError `restore_failed` naming what would have gone along, or who is called so by now
 */
export async function dropAlone(
  { client, watcher }: DropSessions,
  schemas: readonly DroppedSchema[],
): Promise<void> {
  if (schemas.length === 0) return;
  const { rows: databases } = await client.query<{ oid: string }>(
    'SELECT d.oid::int8 AS oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()',
  );
  await requireNoPrepared(client, Number(databases[0]?.oid));
  const names = schemas.map(({ name }) => name);
  const oids = schemas.map(({ oid }) => oid);
  let lost: string[];
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    await client.query(`SET LOCAL lock_timeout = '${LOCK_WAIT}'; SET LOCAL statement_timeout = 0`);
    const { rows: relations } = await client.query<{ name: string }>(RELATIONS, [oids]);
    for (const { name } of relations)
      await client.query(`LOCK TABLE ONLY ${name} IN ACCESS EXCLUSIVE MODE`);
    await client.query(`DROP SCHEMA ${names.map(id).join(', ')} CASCADE`);
    await requireTheSame(watcher, schemas);
    lost = await lostOutside({ client, watcher }, oids);
    if (lost.length === 0) {
      await client.query('COMMIT');
      return;
    }
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw cause;
  }
  await client.query('ROLLBACK');
  const described: string[] = [];
  for (const key of lost.slice(0, 5)) described.push(await nameOfObject(client, key));
  throw new BackstepError(
    'restore_failed',
    `Dropping ${names.join(', ')} would take along, or break, what is not in there: ${[...new Set(described)].join(', ')}${lost.length > 5 ? ' and more' : ''}. Nothing was dropped. Drop or change these first.`,
  );
}

/** What is outside and was taken along, or left without what it refers to. */
async function lostOutside(
  { client, watcher }: DropSessions,
  oids: readonly number[],
): Promise<string[]> {
  const before = await keysOutside(watcher, oids);
  const left = await keysOutside(client, oids);
  const brokenBefore = await brokenOnes(watcher);
  const broken = [...(await brokenOnes(client))].filter((key) => !brokenBefore.has(key));
  const gone = [...before].filter((key) => !left.has(key));
  if (gone.length === 0) return broken;
  // What somebody else drops meanwhile is not ours.
  const still = await keysOutside(watcher, oids);
  return [...gone.filter((key) => still.has(key)), ...broken];
}

/** The drop holds their locks, so nobody can have given a name to another since. */
async function requireTheSame(
  watcher: pg.ClientBase,
  schemas: readonly DroppedSchema[],
): Promise<void> {
  const now = await namesOfNamespaces(
    watcher,
    schemas.map(({ oid }) => oid),
  );
  const other = schemas.find(({ name, oid }) => now.get(oid) !== name);
  if (other)
    throw new BackstepError(
      'restore_failed',
      `Somebody renames or drops schemas by hand: ${other.name} is not the one (object id ${other.oid}) that was to be dropped. Nothing was dropped.`,
    );
}

async function keysOutside(
  client: pg.ClientBase,
  oids: readonly number[],
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ key: string }>(KEYS, [oids]);
  return new Set(rows.map(({ key }) => key));
}

async function brokenOnes(client: pg.ClientBase): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ key: string }>(BROKEN);
  return new Set(rows.map(({ key }) => key));
}

async function nameOfObject(client: pg.ClientBase, key: string): Promise<string> {
  const { rows } = await client.query<{ name: string | null }>(DESCRIBED, key.split(' '));
  return rows[0]?.name ?? key;
}
