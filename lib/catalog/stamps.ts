import pg from 'pg';
import { FENCE_PREFIX, type QueryScope } from './queries/catalog-query';
import { FIRST_USER_OID } from './queries/first-user-oid';
import type { StampName } from './queries/stamp-names';
import { parseOids, relationOf, relationOfObject, typeOf, typeOfObject, type Units } from './units';

/**
 * Stamps tell which units have changed since an earlier reading, without reading any of them. A row that
 * was inserted or updated has the id of its transaction, which is not below the oldest one that was
 * still running then. A row that was deleted is missed among the listed oids. What either finds in a
 * catalog that belongs to no unit (schemas, functions, operators, roles …) concerns everything.
 */
export interface StampRow {
  name: string;
  /** All rows, by the oid of what they belong to; or their count, where no unit owns them. */
  listed: string | null;
  /** Units of new rows. An oid of 0 is no unit's: everything has to be read. */
  relations: string | null;
  types: string | null;
}

const COMMENTS = 'pg_description.objoid';
const RELATIONS: StampName = 'pg_class.oid';
const TYPES: StampName = 'pg_type.oid';

/** Catalogs whose rows the whole snapshot prints, or prints names of, wherever they are used. */
const CONCERNING_ALL = [
  'pg_am',
  'pg_default_acl',
  'pg_event_trigger',
  'pg_extension',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_foreign_table',
  'pg_inherits',
  'pg_language',
  'pg_namespace',
  'pg_partitioned_table',
  'pg_publication',
  'pg_publication_rel',
  'pg_range',
  'pg_seclabel',
  'pg_tablespace',
  'pg_transform',
  'pg_ts_config',
  'pg_ts_dict',
  'pg_ts_parser',
  'pg_ts_template',
];

/**
 * Of these PostgreSQL itself has hundreds, or thousands, of which nobody has business to change one. Who does
 * so in the middle of a run is noticed by the whole reading at its end.
 */
const CONCERNING_ALL_OF_USERS = [
  'pg_amop',
  'pg_amproc',
  'pg_cast',
  'pg_collation',
  'pg_conversion',
  'pg_opclass',
  'pg_operator',
  'pg_opfamily',
];

/** `$1` is the oldest transaction that was running at the earlier reading; its age is asked only once. */
const IS_NEW = 'pg_catalog.age(xmin) <= (SELECT pg_catalog.age($1::xid))';

const concerningAll = (name: string, catalog: string, where = 'true') => `
  SELECT '${name}', count(*)::text, CASE WHEN bool_or(${IS_NEW}) THEN '{0}' END, NULL
  FROM pg_catalog.${catalog} WHERE ${where}`;

/** A catalog with a column that says whose each row is. */
const owned = (name: StampName, unit: 'relations' | 'types', where = 'true') => {
  const [catalog, column] = name.split('.');
  const touched = `(array_agg(DISTINCT ${column}) FILTER (WHERE ${IS_NEW}))::text`;
  return `
  SELECT '${name}', array_agg(${column})::text,
    ${unit === 'relations' ? `${touched}, NULL` : `NULL, ${touched}`}
  FROM pg_catalog.${catalog} WHERE ${where}`;
};

/** New rows only, each with the relation or the type that it belongs to. */
const traced = (name: string, rows: string, relation: string, type: string) => `
  SELECT '${name}', NULL, array_agg(${relation})::text, array_agg(${type})::text
  FROM (${rows}) traced`;

const TABLE_KINDS = "relkind IN ('r', 'p', 'v', 'm', 'f', 'S')";

/** Rows are deleted along with those that `owned` lists: an index's, a toast table's, a column's. */
const TRACED = [
  `SELECT '${RELATIONS}', listed,
     (SELECT array_agg(${relationOf('r.oid')})::text FROM unnest(touched) AS r(oid)),
     (SELECT array_agg(${typeOf('r.oid')})::text FROM unnest(touched) AS r(oid))
   FROM (SELECT
     (array_agg(oid) FILTER (WHERE oid >= ${FIRST_USER_OID} AND ${TABLE_KINDS}))::text AS listed,
     array_agg(oid) FILTER (WHERE ${IS_NEW}) AS touched
     FROM pg_catalog.pg_class) classes`,
  traced(
    'pg_attribute',
    `SELECT DISTINCT attrelid AS oid FROM pg_catalog.pg_attribute WHERE ${IS_NEW}`,
    relationOf('traced.oid'),
    typeOf('traced.oid'),
  ),
  // A comment on what is no part of a unit.
  traced(
    'pg_description',
    `SELECT r.classoid, r.objoid, ${relationOfObject('r.classoid', 'r.objoid')} AS relation,
       ${typeOfObject('r.classoid', 'r.objoid')} AS type
     FROM (SELECT classoid, objoid FROM pg_catalog.pg_description
       WHERE objoid >= ${FIRST_USER_OID} AND ${IS_NEW}) r`,
    'CASE WHEN traced.type IS NULL THEN coalesce(traced.relation, 0) END',
    'traced.type',
  ),
];

/** Which column of a table owns a sequence; other dependencies of that kind are an index's own. */
const SEQUENCE_OWNERS = `deptype IN ('a', 'i') AND refobjsubid > 0
  AND classid = 'pg_catalog.pg_class'::regclass AND refclassid = 'pg_catalog.pg_class'::regclass
  AND objid = ANY (ARRAY(SELECT s.seqrelid FROM pg_catalog.pg_sequence s))`;

/** One statement, with the earlier reading's `mark` as its parameter. */
export function stampsSql({ version, tracking }: QueryScope): string {
  const concerning =
    version >= 150_000 ? [...CONCERNING_ALL, 'pg_publication_namespace'] : CONCERNING_ALL;
  return [
    ...concerning.map((catalog) => concerningAll(catalog, catalog)),
    ...CONCERNING_ALL_OF_USERS.map((catalog) =>
      concerningAll(catalog, catalog, `oid >= ${FIRST_USER_OID}`),
    ),
    concerningAll('pg_aggregate', 'pg_aggregate', `aggfnoid::oid >= ${FIRST_USER_OID}`),
    concerningAll('pg_ts_config_map', 'pg_ts_config_map', `mapcfg >= ${FIRST_USER_OID}`),
    // Of which the fence's own is nobody's; it comes with the first step of a run.
    concerningAll(
      'pg_proc',
      'pg_proc',
      `oid >= ${FIRST_USER_OID} AND oid <> ALL (ARRAY(SELECT p.oid FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE p.oid >= ${FIRST_USER_OID} AND n.nspname = ${pg.escapeLiteral(tracking.schema)} AND starts_with(p.proname, ${pg.escapeLiteral(FENCE_PREFIX)})))`,
    ),
    concerningAll('pg_database', 'pg_database', 'datname = current_database()'),
    // Membership in an extension takes an object out of the schema.
    concerningAll(
      'members',
      'pg_depend',
      "deptype = 'e' AND refclassid = 'pg_catalog.pg_extension'::regclass",
    ),
    // PostgreSQL's own schemas, of which `public` is looked at.
    concerningAll(
      'comments',
      'pg_description',
      `classoid = 'pg_catalog.pg_namespace'::regclass AND objoid = ANY
        (ARRAY(SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.oid < ${FIRST_USER_OID}))`,
    ),
    // Not everybody may read the catalog behind the view.
    `SELECT 'pg_roles', md5(string_agg(oid || ' ' || rolname, ',' ORDER BY oid)), NULL, NULL
     FROM pg_catalog.pg_roles`,
    owned('pg_attrdef.adrelid', 'relations'),
    owned('pg_constraint.conrelid', 'relations', `oid >= ${FIRST_USER_OID} AND conrelid <> 0`),
    owned('pg_constraint.contypid', 'types', `oid >= ${FIRST_USER_OID} AND contypid <> 0`),
    owned('pg_index.indrelid', 'relations', `indrelid >= ${FIRST_USER_OID}`),
    // A foreign key has triggers on both tables, and says which of them are switched off.
    owned('pg_trigger.tgrelid', 'relations'),
    owned('pg_trigger.tgconstrrelid', 'relations', 'tgconstrrelid <> 0'),
    owned('pg_policy.polrelid', 'relations'),
    owned('pg_rewrite.ev_class', 'relations', `oid >= ${FIRST_USER_OID}`),
    owned('pg_statistic_ext.stxrelid', 'relations'),
    owned('pg_sequence.seqrelid', 'relations'),
    owned('pg_depend.objid', 'relations', SEQUENCE_OWNERS),
    owned('pg_type.oid', 'types', `oid >= ${FIRST_USER_OID}`),
    owned('pg_enum.enumtypid', 'types'),
    `SELECT '${COMMENTS}', array_agg(objoid)::text, NULL, NULL FROM pg_catalog.pg_description
     WHERE objoid >= ${FIRST_USER_OID}`,
    ...TRACED,
  ].join('\nUNION ALL\n');
}

/** What was there at a reading. */
export class Stamps {
  private readonly listed: ReadonlyMap<string, string>;
  readonly relations: ReadonlySet<number>;
  readonly types: ReadonlySet<number>;

  constructor(private readonly rows: readonly StampRow[]) {
    this.listed = new Map(rows.map(({ name, listed }) => [name, listed ?? '']));
    this.relations = new Set(parseOids(this.listed.get(RELATIONS) || null));
    this.types = new Set(parseOids(this.listed.get(TYPES) || null));
  }

  /** Whether any of the units has rows of its own in a catalog. */
  has(name: StampName, units: ReadonlySet<number>): boolean {
    return parseOids(this.listed.get(name) || null).some((oid) => units.has(oid));
  }

  /** The units that differ from those at `before`; null when that can't be said of units alone. */
  since(before: Stamps): Units | null {
    const relations = new Set<number>();
    const types = new Set<number>();
    for (const row of this.rows) {
      for (const oid of parseOids(row.relations)) relations.add(oid);
      for (const oid of parseOids(row.types)) types.add(oid);
      const had = before.listed.get(row.name) ?? '';
      const has = row.listed ?? '';
      if (had === has) continue;
      if (!row.name.includes('.')) return null;
      const gone = vanished(had, has);
      if (row.name === COMMENTS) {
        // What had the comment may be a part of a unit that we can't tell from here.
        if (gone.some((oid) => !before.relations.has(oid))) return null;
        for (const oid of gone) relations.add(oid);
      } else {
        for (const oid of gone) (OF_TYPES.has(row.name) ? types : relations).add(oid);
      }
    }
    return relations.has(0) ? null : { relations, types };
  }
}

const OF_TYPES: ReadonlySet<string> = new Set([
  TYPES,
  'pg_enum.enumtypid',
  'pg_constraint.contypid',
]);

/** What is listed less often than before. */
function vanished(had: string, has: string): number[] {
  const counts = new Map<number, number>();
  for (const oid of parseOids(had || null)) counts.set(oid, (counts.get(oid) ?? 0) + 1);
  for (const oid of parseOids(has || null)) counts.set(oid, (counts.get(oid) ?? 0) - 1);
  return [...counts].flatMap(([oid, count]) => (count > 0 ? [oid] : []));
}
