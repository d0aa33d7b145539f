import type { LiveFinding } from '@/lib/core/evidence';
import type { LiveSession } from './live-session';
import type { CascadeRoot, TruncateCascade } from './questions';

/** A relation or column that goes along: its rows are lost, too. */
export interface Taken {
  position: number;
  oid: number;
  /** 0 for the whole relation. */
  column: number;
}

/** More names don't help a reader. */
const MAX_NAMED = 20;

interface Item {
  type: string;
  identity: string;
  /** The relation that it is part of, as PostgreSQL prints it. */
  relation: string | null;
  foreign_key: boolean;
  oid: number;
  column: number;
  rows: boolean;
}

/**
 * What depends on the object, as DROP … CASCADE would find it: everything that refers to it, what those
 * are part of, what refers to that, and so on. What goes without CASCADE as well, a table's own indexes
 * and triggers, is not reported.
 *
 * @param before what earlier CASCADEs took along; what this one takes is added
 * @throws Error when the connection is gone
 */
export async function takenAlong(
  session: LiveSession,
  root: CascadeRoot,
  before: Set<string>,
): Promise<{ finding: LiveFinding; taken: Taken[] }> {
  const { position, statement } = root.place;
  const say = (
    code: LiveFinding['code'],
    severity: LiveFinding['severity'],
    message: string,
    taken: Taken[] = [],
  ) => ({ finding: { position, statement, code, severity, message }, taken });

  const found = await session.ask<Item & { exists: boolean }>(dependentsSql(root.address));
  if (!found.ok) {
    const why = found.why === 'time' ? 'the time ran out' : 'the catalog could not be read';
    return say(
      'not_looked',
      'warn',
      `What CASCADE takes along with ${root.words} is not known: ${why}.`,
    );
  }
  const [first] = found.rows;
  if (!first?.exists) {
    return say(
      'not_looked',
      'info',
      `The ${root.words} is not on the live target, so nothing can be said about CASCADE.`,
    );
  }
  const items = found.rows.filter(
    ({ type, identity, relation }) =>
      type !== null &&
      !root.gone.has(`${type} ${identity}`) &&
      !before.has(`${type} ${identity}`) &&
      !isPartOfGone(root.gone, type, identity, relation),
  );
  if (items.length === 0)
    return say('cascade', 'info', `CASCADE takes nothing along with ${root.words}.`);
  for (const { type, identity } of items) before.add(`${type} ${identity}`);
  const taken = items.flatMap(({ rows, oid, column }) => (rows ? [{ position, oid, column }] : []));
  return say(
    'cascade',
    'danger',
    `CASCADE takes along with ${root.words}: ${listed(items.map(wordsOf))}.`,
    taken,
  );
}

function isPartOfGone(
  gone: ReadonlySet<string>,
  type: string,
  identity: string,
  relation: string | null,
): boolean {
  if (relation === null) return false;
  if (['table', 'view', 'materialized view'].some((kind) => gone.has(`${kind} ${relation}`)))
    return true;
  return type === 'default value' && gone.has(`table column ${identity.replace(/^for /, '')}`);
}

const TYPE_WORDS: Record<string, string> = {
  'table column': 'column',
  'view column': 'column',
  'table constraint': 'constraint',
  'domain constraint': 'constraint',
  'default value': 'the default',
};

function wordsOf({ type, identity, foreign_key: isForeignKey }: Item): string {
  const word = isForeignKey ? 'foreign key' : (TYPE_WORDS[type] ?? type);
  return `${word} ${identity.replace(/^for /, 'of ').replace(/ on (?=[^ ]+$)/, ' of ')}`;
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  const shown = names.slice(0, MAX_NAMED).join(', ');
  return more > 0 ? `${shown} and ${more.toLocaleString('en-US')} more` : shown;
}

/**
 * `part` marks what a dependent is reached by: an automatic or internal dependency makes it go with its
 * object anyway. A rule stands for its view, and so does every other part for what it is a part of.
 */
function dependentsSql(address: string): string {
  return `
WITH RECURSIVE root AS (${address}),
walk (classid, objid, objsubid, part) AS (
  SELECT classid, objid, objsubid, true FROM root
  UNION
  SELECT next.* FROM walk w CROSS JOIN LATERAL (
    SELECT d.classid, d.objid, d.objsubid, d.deptype NOT IN ('n') AS part FROM pg_depend d
    WHERE d.refclassid = w.classid AND d.refobjid = w.objid
      AND (w.objsubid = 0 OR d.refobjsubid = w.objsubid) AND d.deptype IN ('n', 'a', 'i', 'e', 'P', 'S', 'x')
    UNION ALL
    SELECT d.refclassid, d.refobjid, d.refobjsubid, w.part FROM pg_depend d
    WHERE d.classid = w.classid AND d.objid = w.objid AND d.deptype = 'i'
      AND NOT EXISTS (SELECT FROM root r WHERE r.classid = w.classid AND r.objid = w.objid)
  ) next
),
reached AS (
  SELECT DISTINCT w.classid, w.objid, w.objsubid FROM walk w
  WHERE NOT w.part AND NOT EXISTS (SELECT FROM root r WHERE r.classid = w.classid AND r.objid = w.objid
    AND (r.objsubid = 0 OR r.objsubid = w.objsubid))
    -- A view's rule, a table's row type and the like: what they are part of is named instead.
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = w.classid AND d.objid = w.objid
      AND d.objsubid = w.objsubid AND d.deptype = 'i')
    -- A column of a relation that goes as a whole.
    AND NOT (w.objsubid <> 0 AND EXISTS (SELECT FROM walk o
      WHERE o.classid = w.classid AND o.objid = w.objid AND o.objsubid = 0 AND NOT o.part))
    -- Parts of the very object, which go with it anyway: its keys to itself, its defaults.
    AND NOT EXISTS (SELECT FROM pg_depend d JOIN root r
        ON r.classid = d.refclassid AND r.objid = d.refobjid
      WHERE d.classid = w.classid AND d.objid = w.objid AND d.deptype IN ('a', 'i', 'e')
        AND (r.objsubid = 0 OR r.objsubid = d.refobjsubid))
)
SELECT EXISTS (SELECT FROM root) AS exists, i.type, i.identity,
  own.name AS relation, coalesce(k.contype = 'f', false) AS foreign_key,
  c.oid::int8::float8 AS oid, r.objsubid AS column,
  coalesce(c.relkind IN ('r', 'p', 'm', 'S'), false) AS rows
FROM (SELECT) one LEFT JOIN (reached r CROSS JOIN LATERAL
    pg_identify_object(r.classid, r.objid, r.objsubid) i) ON true
  LEFT JOIN pg_class c ON r.classid = 'pg_class'::regclass AND c.oid = r.objid
  LEFT JOIN pg_constraint k ON r.classid = 'pg_constraint'::regclass AND k.oid = r.objid
  LEFT JOIN pg_trigger t ON r.classid = 'pg_trigger'::regclass AND t.oid = r.objid
  LEFT JOIN pg_policy y ON r.classid = 'pg_policy'::regclass AND y.oid = r.objid
  LEFT JOIN pg_attrdef f ON r.classid = 'pg_attrdef'::regclass AND f.oid = r.objid
  LEFT JOIN LATERAL (SELECT quote_ident(n.nspname) || '.' || quote_ident(o.relname) AS name
    FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
    WHERE o.oid = coalesce(k.conrelid, t.tgrelid, y.polrelid, f.adrelid,
      CASE WHEN r.objsubid <> 0 THEN c.oid END)) own ON true
ORDER BY c.relkind IS NULL, i.type, i.identity COLLATE "C"`;
}

/**
 * What TRUNCATE … CASCADE empties besides: every table that refers to one of these, step by step.
 * @throws Error when the connection is gone
 */
export async function emptiedAlong(
  session: LiveSession,
  { place, relations }: TruncateCascade,
): Promise<{ finding: LiveFinding; taken: Taken[] }> {
  const { position, statement } = place;
  const oids = relations.map(({ oid }) => oid).join(', ');
  const names = relations.map(({ qualified }) => qualified).join(', ');
  const found = await session.ask<{ oid: number; name: string }>(`
WITH RECURSIVE emptied AS (
  SELECT unnest(ARRAY[${oids}]::oid[]) AS oid
  UNION
  SELECT x.oid FROM emptied e CROSS JOIN LATERAL (
    SELECT k.conrelid AS oid FROM pg_constraint k WHERE k.confrelid = e.oid AND k.contype = 'f'
    UNION ALL
    SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = e.oid
  ) x
)
SELECT c.oid::int8::float8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
FROM emptied e JOIN pg_class c ON c.oid = e.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE e.oid <> ALL (ARRAY[${oids}]::oid[]) AND NOT c.relispartition ORDER BY 2`);
  const say = (
    code: LiveFinding['code'],
    severity: LiveFinding['severity'],
    message: string,
    taken: Taken[] = [],
  ) => ({
    finding: { position, statement, code, severity, message },
    taken,
  });
  if (!found.ok)
    return say(
      'not_looked',
      'warn',
      `Which tables TRUNCATE … CASCADE empties along with ${names} is not known: the catalog could not be read in time.`,
    );
  if (found.rows.length === 0)
    return say('cascade', 'info', `CASCADE empties no table but ${names}.`);
  return say(
    'cascade',
    'danger',
    `CASCADE also empties ${listed(found.rows.map(({ name }) => `table ${name}`))}.`,
    found.rows.map(({ oid }) => ({ position, oid, column: 0 })),
  );
}
