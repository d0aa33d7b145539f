import type { CatalogKind, CatalogObject, CatalogSnapshot, SchemaChange } from '@/lib/core/catalog';
import {
  ACCESS_RIGHTS,
  compareRights,
  differenceOf,
  privilegeSet,
  type Rights,
  rightsInWords,
} from './access-rights';
import { type DiffOptions, diffCatalogs } from './diff-catalogs';
import { nameObject } from './name-object';
import { splitList } from './split-list';

export interface SplitOptions extends DiffOptions {
  /** The differences to split, when `diffCatalogs` and `settleWording` have found them already. */
  changes?: SchemaChange[];
}

export interface Difference {
  /** What `after` has and `before` had not, a line each: `index public.users_email_idx`. */
  residue: string[];
  /** What `before` had and `after` has not any more, or no longer as it was. */
  missing: string[];
  changes: SchemaChange[];
}

/**
 * Sorts differences by direction. An attribute that was set and is set to something else is in both
 * lists; one list (enum labels, storage options, rights) is compared item by item. An added or removed
 * table, view or type stands for its parts.
 */
export function splitDifference(
  before: CatalogSnapshot,
  after: CatalogSnapshot,
  options: SplitOptions = {},
): Difference {
  const changes = options.changes ?? diffCatalogs(before, after, options);
  const whole = new Set(
    changes.flatMap(({ change, kind, name }) =>
      WHOLE.has(kind) && change !== 'changed' ? [`${change} ${name}`] : [],
    ),
  );
  const difference: Difference = { residue: [], missing: [], changes };
  for (const change of changes) {
    const { kind, name, parent } = change;
    if (parent !== undefined && whole.has(`${change.change} ${parent}`)) continue;
    const key = `${kind} ${name}`;
    const [old, now] = [before.objects[key], after.objects[key]];
    if (change.change === 'added') difference.residue.push(nameWhole(change, now));
    else if (change.change === 'removed') difference.missing.push(nameWhole(change, old));
    else if (old && now) splitAttributes(change, old, now, after.serverVersionNum, difference);
  }
  return difference;
}

/** Kinds that have parts. */
const WHOLE: ReadonlySet<CatalogKind> = new Set([
  'table',
  'view',
  'materialized_view',
  'foreign_table',
  'type',
]);

/** Default rights have nothing but their grants to know them by. */
function nameWhole(change: SchemaChange, object: CatalogObject | undefined): string {
  const grants = change.kind === 'default_acl' ? object?.attributes.grants : undefined;
  return grants ? `${nameObject(change)} (${String(grants)})` : nameObject(change);
}

function splitAttributes(
  change: SchemaChange,
  old: CatalogObject,
  now: CatalogObject,
  version: number,
  { residue, missing }: Difference,
): void {
  const named = nameObject(change);
  for (const { name, before, after } of change.attributes ?? []) {
    if (name === ACCESS_RIGHTS) {
      const { added, removed } = compareRights(old, now, version);
      pushRights(`rights on ${named}`, added, residue);
      pushRights(`rights on ${named}`, removed, missing);
      continue;
    }
    if (change.kind === 'default_acl' && name === 'grants') {
      const { added, removed } = differenceOf(parseGrants(before), parseGrants(after));
      pushRights(named, added, residue);
      pushRights(named, removed, missing);
      continue;
    }
    const attribute = name.replaceAll(' ', '_');
    const items = LISTS.has(attribute) ? compareLists(before, after) : null;
    if (items) {
      for (const item of items.added) residue.push(`${named} (${inSingular(name)} ${item})`);
      for (const item of items.removed) missing.push(`${named} (${inSingular(name)} ${item})`);
      continue;
    }
    const flag = [old, now].some((object) => typeof object.attributes[attribute] === 'boolean');
    const line = `${named} (${attributeInWords(name, before, after)})`;
    if (isSet(after, flag)) residue.push(line);
    if (isSet(before, flag)) missing.push(line);
  }
}

const isSet = (value: string | null, flag: boolean) => value !== null && !(flag && value === 'no');

function pushRights(named: string, rights: Rights, lines: string[]): void {
  if (rights.size > 0) lines.push(`${named} (${rightsInWords(rights)})`);
}

/** Lines are read in a list: longer text is looked up in the changes. */
const LONGEST_VALUE = 80;

function attributeInWords(name: string, before: string | null, after: string | null): string {
  const short = (value: string | null) =>
    value === null || (value.length <= LONGEST_VALUE && !value.includes('\n'));
  if (!short(before) || !short(after)) {
    if (before === null) return `${name}, was none`;
    return after === null ? `${name}: none` : `${name} differs`;
  }
  return `${name}: ${after ?? 'none'}, was ${before ?? 'none'}`;
}

/** Attributes that hold several things, each of which can be left behind or be gone by itself. */
const LISTS: ReadonlySet<string> = new Set([
  'labels',
  'attributes',
  'options',
  'toast_options',
  'index_options',
  'foreign_options',
  'tables',
  'schemas',
  'operations',
  'operators',
  'functions',
  'member_of',
]);

/** null when only the order differs, which is a difference of the whole. */
function compareLists(
  before: string | null,
  after: string | null,
): { added: string[]; removed: string[] } | null {
  const [had, has] = [splitList(before ?? '', ', '), splitList(after ?? '', ', ')];
  const added = has.filter((item) => !had.includes(item));
  const removed = had.filter((item) => !has.includes(item));
  if (added.length + removed.length === 0) return null;
  // With items between the others, the others must still stand in their order.
  const kept = had.filter((item) => has.includes(item));
  const inOrder = has.filter((item) => had.includes(item));
  return kept.every((item, place) => item === inOrder[place]) ? { added, removed } : null;
}

const inSingular = (name: string) => (name === 'member of' ? name : name.replace(/s$/, ''));

function parseGrants(grants: string | null): Rights {
  return new Map(
    splitList(grants ?? '', '; ').map((line) => {
      const at = line.lastIndexOf(': ');
      const privileges = splitList(line.slice(at + 2), ', ');
      return [line.slice(0, at), privilegeSet(privileges)] as const;
    }),
  );
}
