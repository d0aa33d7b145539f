import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { requireNoPrepared } from '../sessions';

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

const DESCRIBED = `
  SELECT pg_catalog.pg_describe_object(($1::int8)::oid, ($2::int8)::oid, $3::int) AS name`;

/** What can be inherited from, referred to or looked at by somebody who has not committed yet. */
const RELATIONS = `
  SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p') ORDER BY c.oid`;

/**
 * One DROP SCHEMA … CASCADE that takes nothing along which is not in the schemas: what is outside is
 * listed before and after, on one snapshot, and a difference undoes all of it.
 * @throws BackstepError `restore_failed` naming what would have gone along
 */
export async function dropAlone(client: pg.ClientBase, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const { rows: databases } = await client.query<{ oid: string }>(
    'SELECT d.oid::int8 AS oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()',
  );
  await requireNoPrepared(client, Number(databases[0]?.oid));
  const lost: string[] = [];
  const { rows: relations } = await client.query<{ name: string }>(RELATIONS, [names]);
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  try {
    await client.query(`SET LOCAL lock_timeout = '${LOCK_WAIT}'; SET LOCAL statement_timeout = 0`);
    // LOCK takes no snapshot: the lists see what was committed while it waited, and CASCADE would take along.
    for (const { name } of relations)
      await client.query(`LOCK TABLE ONLY ${name} IN ACCESS EXCLUSIVE MODE`);
    const { rows } = await client.query<{ oid: string }>(
      'SELECT n.oid::int8 AS oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY ($1::text[])',
      [names],
    );
    const oids = rows.map(({ oid }) => oid);
    const before = await keysOutside(client, oids);
    await client.query(`DROP SCHEMA ${names.map(id).join(', ')} CASCADE`);
    const after = await keysOutside(client, oids);
    for (const key of before) if (!after.has(key)) lost.push(key);
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
    `Dropping ${names.join(', ')} would take along what is not in there: ${[...new Set(described)].join(', ')}${lost.length > 5 ? ' and more' : ''}. Nothing was dropped. Drop or change these first.`,
  );
}

async function keysOutside(
  client: pg.ClientBase,
  oids: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ key: string }>(KEYS, [oids]);
  return new Set(rows.map(({ key }) => key));
}

async function nameOfObject(client: pg.ClientBase, key: string): Promise<string> {
  const { rows } = await client.query<{ name: string | null }>(DESCRIBED, key.split(' '));
  return rows[0]?.name ?? key;
}
