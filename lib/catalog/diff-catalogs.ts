import type { CatalogKind, CatalogObject, CatalogSnapshot, SchemaChange } from '@/lib/core/catalog';
import { ACCESS_RIGHTS, compareRights } from './access-rights';
import { describeObject } from './describe-object';

/** Whole objects in the order in which a person asks for them. */
const TOP: readonly CatalogKind[] = [
  'schema',
  'extension',
  'type',
  'collation',
  'table',
  'foreign_table',
  'view',
  'materialized_view',
  'sequence',
  'function',
  'operator',
  'operator_class',
  'cast',
  'text_search',
  'conversion',
  'language',
  'transform',
  'access_method',
  'foreign_server',
  'event_trigger',
  'publication',
  'security_label',
  'default_acl',
  'role',
  'setting',
  'database',
  'tablespace',
  'parameter',
  'subscription',
  'user_mapping',
  'comment',
];

/** Within a table: itself, then its parts. */
const PARTS: readonly CatalogKind[] = [
  'column',
  'constraint',
  'index',
  'statistics',
  'trigger',
  'rule',
  'policy',
  'sequence',
];

export interface DiffOptions {
  /**
   * Compare owners, access rights and tablespaces as well. For two states of one server: roles differ
   * between servers.
   */
  rights?: boolean;
}

/**
 * What is different in `after`. Owners, access rights, tablespaces and the order of columns are no
 * difference, as in `fingerprint`; with `rights`, only the order is none. The parts of an added or
 * removed table are listed one by one, after their table.
 */
export function diffCatalogs(
  before: CatalogSnapshot,
  after: CatalogSnapshot,
  { rights = false }: DiffOptions = {},
): SchemaChange[] {
  const keys = new Set([...Object.keys(before.objects), ...Object.keys(after.objects)]);
  const found: { change: SchemaChange; place: Place }[] = [];
  for (const key of keys) {
    const old = before.objects[key];
    const now = after.objects[key];
    // Handed on from one reading to the next.
    if (old === now) continue;
    const change = compare(old, now, rights ? after.serverVersionNum : undefined);
    const object = now ?? old;
    if (change && object) found.push({ change, place: placeOf(object, before, after) });
  }
  return found.sort((a, b) => comparePlaces(a.place, b.place)).map(({ change }) => change);
}

function compare(
  old: CatalogObject | undefined,
  now: CatalogObject | undefined,
  rightsOfVersion: number | undefined,
): SchemaChange | undefined {
  if (old && now) {
    const attributes = changedAttributes(old, now);
    if (rightsOfVersion !== undefined) attributes.push(...changedHold(old, now, rightsOfVersion));
    if (attributes.length === 0) return undefined;
    const [before, after] = [describeObject(old), describeObject(now)];
    return { change: 'changed', ...identity(now), before, after, attributes };
  }
  if (old) return { change: 'removed', ...identity(old), before: describeObject(old) };
  return now && { change: 'added', ...identity(now), after: describeObject(now) };
}

function identity({ kind, name, parent }: CatalogObject) {
  return { kind, name, ...(parent !== undefined && { parent }) };
}

type Attribute = CatalogObject['attributes'][string] | undefined;
type ChangedAttribute = NonNullable<SchemaChange['attributes']>[number];

function changedAttributes(old: CatalogObject, now: CatalogObject): ChangedAttribute[] {
  const changed: ChangedAttribute[] = [];
  const compareOne = (name: string, before: Attribute, after: Attribute) => {
    if ((before ?? null) === (after ?? null)) return;
    // Flags are kept only where they are set.
    const flag = typeof before === 'boolean' || typeof after === 'boolean';
    changed.push({
      name: name.replaceAll('_', ' '),
      before: inWords(before, flag),
      after: inWords(after, flag),
    });
  };
  compareOne('table', old.parent, now.parent);
  const names = new Set([...Object.keys(old.attributes), ...Object.keys(now.attributes)]);
  for (const name of names) compareOne(name, old.attributes[name], now.attributes[name]);
  return changed;
}

/** Who holds the object, who may use it, and where it lies. */
function changedHold(old: CatalogObject, now: CatalogObject, version: number): ChangedAttribute[] {
  const changed: ChangedAttribute[] = [];
  for (const name of ['owner', 'tablespace'] as const) {
    const [before, after] = [old[name] ?? null, now[name] ?? null];
    if (before !== after) changed.push({ name, before, after });
  }
  // Nearly always; and to read thousands of access lists takes its time.
  if (old.owner === now.owner && sameList(old.acl, now.acl)) return changed;
  const { removed, added, before, after } = compareRights(old, now, version);
  if (removed.size + added.size > 0) changed.push({ name: ACCESS_RIGHTS, before, after });
  return changed;
}

/** No list at all is another thing than an empty one: PostgreSQL's defaults, and nobody's rights. */
function sameList(some: readonly string[] | undefined, others: readonly string[] | undefined) {
  if (!some || !others) return some === others;
  return some.length === others.length && some.every((item, place) => item === others[place]);
}

function inWords(value: Attribute, flag: boolean): string | null {
  if (flag) return value ? 'yes' : 'no';
  return value === undefined || value === null ? null : String(value);
}

/** Where a change stands in the list: group by group, and within a group part by part. */
interface Place {
  group: number;
  groupName: string;
  part: number;
  position: number;
  name: string;
}

function placeOf(object: CatalogObject, before: CatalogSnapshot, after: CatalogSnapshot): Place {
  const { kind, name, parent, position = 0 } = object;
  if (parent === undefined) {
    return { group: TOP.indexOf(kind), groupName: name, part: -1, position: 0, name };
  }
  return {
    group: TOP.indexOf(kindOfParent(parent, before, after)),
    groupName: parent,
    part: PARTS.indexOf(kind),
    position,
    name,
  };
}

const PARENTS: readonly CatalogKind[] = [
  'table',
  'view',
  'materialized_view',
  'foreign_table',
  'type',
];

function kindOfParent(
  parent: string,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): CatalogKind {
  const known = PARENTS.find((kind) => {
    const key = `${kind} ${parent}`;
    return after.objects[key] ?? before.objects[key];
  });
  return known ?? 'table';
}

function comparePlaces(a: Place, b: Place): number {
  return (
    a.group - b.group ||
    compareText(a.groupName, b.groupName) ||
    a.part - b.part ||
    a.position - b.position ||
    compareText(a.name, b.name)
  );
}

/** By code units, so that the order does not depend on the machine's language. */
const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
