import type { DiffKind, DiffRow } from '@/components/ui/diff-lines';
import type { SqlLine } from '@/components/ui/sql-tokens';
import type { CatalogKind, SchemaChange } from '@/lib/core/catalog';
import { formatCount } from './format-count';

const PLURAL: Partial<Record<CatalogKind, string>> = {
  index: 'indexes',
  policy: 'policies',
  operator_class: 'operator classes',
  statistics: 'statistics',
  text_search: 'text search objects',
};

const kindWord = (kind: CatalogKind): string =>
  kind === 'text_search' ? 'text search object' : kind.replaceAll('_', ' ');

/** As a table is read: itself, its columns, what holds them together. The rest comes by name. */
const READ_FIRST: readonly CatalogKind[] = [
  'schema',
  'table',
  'view',
  'column',
  'constraint',
  'index',
];
const rank = (kind: CatalogKind): number => {
  const place = READ_FIRST.indexOf(kind);
  return place < 0 ? READ_FIRST.length : place;
};

const CHANGE_ORDER = { removed: 0, changed: 1, added: 2 } as const;
const GLYPH: Record<SchemaChange['change'], DiffKind> = {
  removed: 'remove',
  added: 'add',
  changed: 'change',
};
const CHANGE_WORD = { removed: 'removed', added: 'added', changed: 'changed' } as const;

export interface ChangeGroup {
  /** The table or other object that the changes belong to. */
  name: string;
  changes: SchemaChange[];
}

/** Changes by the relation they belong to, by name; within it in the order in which one reads a table. */
export function groupChanges(changes: readonly SchemaChange[]): ChangeGroup[] {
  const groups = new Map<string, SchemaChange[]>();
  for (const change of changes) {
    const name = change.parent ?? change.name;
    const list = groups.get(name);
    if (list) list.push(change);
    else groups.set(name, [change]);
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, list]) => ({ name, changes: list.sort(inReadingOrder) }));
}

function inReadingOrder(a: SchemaChange, b: SchemaChange): number {
  return (
    rank(a.kind) - rank(b.kind) ||
    (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0) ||
    CHANGE_ORDER[a.change] - CHANGE_ORDER[b.change] ||
    (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
  );
}

/** 1 column removed, 2 indexes added. */
export function summarizeChanges(changes: readonly SchemaChange[]): string {
  const counts = new Map<
    string,
    { kind: CatalogKind; change: SchemaChange['change']; n: number }
  >();
  for (const { kind, change } of [...changes].sort(inReadingOrder)) {
    const key = `${kind} ${change}`;
    const entry = counts.get(key) ?? { kind, change, n: 0 };
    entry.n += 1;
    counts.set(key, entry);
  }
  return [...counts.values()]
    .map(({ kind, change, n }) => {
      const word = formatCount(n, kindWord(kind), PLURAL[kind]);
      return `${word} ${CHANGE_WORD[change]}`;
    })
    .join(', ');
}

/** How many objects go, come and change. */
export function countChanges(
  changes: readonly SchemaChange[],
): Record<SchemaChange['change'], number> {
  const counts = { removed: 0, added: 0, changed: 0 };
  for (const { change } of changes) counts[change] += 1;
  return counts;
}

/** The rows of a schema comparison: a heading for each relation, a line for each change. */
export function diffRows(changes: readonly SchemaChange[]): DiffRow[] {
  return groupChanges(changes).flatMap((group) => [
    {
      type: 'heading' as const,
      id: `group ${group.name}`,
      title: group.name,
      detail: summarizeChanges(group.changes),
    },
    ...group.changes.flatMap((change) => changeRows(change)),
  ]);
}

function changeRows(change: SchemaChange): DiffRow[] {
  const id = `${change.change} ${change.kind} ${change.name}`;
  const kind = GLYPH[change.change];
  if (change.change !== 'changed') {
    const text = change.change === 'removed' ? change.before : change.after;
    return [{ type: 'line', id, kind, line: descriptionLine(change, text) }];
  }
  const attributes = change.attributes ?? [];
  if (attributes.length === 0) {
    return [
      {
        type: 'line',
        id: `${id} before`,
        kind: 'remove',
        line: descriptionLine(change, change.before),
      },
      { type: 'line', id: `${id} after`, kind: 'add', line: descriptionLine(change, change.after) },
    ];
  }
  return [
    { type: 'line', id, kind, line: descriptionLine(change, columnName(change)) },
    ...attributes.map(
      (attribute): DiffRow => ({
        type: 'line',
        id: `${id} ${attribute.name}`,
        kind,
        line: [
          { text: `  ${attribute.name}  `, kind: 'com' },
          { text: attribute.before ?? 'none' },
          { text: ' → ', kind: 'com' },
          { text: attribute.after ?? 'none' },
        ],
      }),
    ),
  ];
}

/** Kinds whose description begins with a name alone; the others say themselves what they are. */
const NAMED_ONLY: ReadonlySet<CatalogKind> = new Set<CatalogKind>(['constraint', 'type']);

function descriptionLine(change: SchemaChange, text: string | undefined): SqlLine {
  const bare = text === undefined && change.kind !== 'column';
  return bare || NAMED_ONLY.has(change.kind)
    ? [{ text: `${kindWord(change.kind)}  `, kind: 'kw' }, { text: text ?? localName(change) }]
    : [{ text: text ?? localName(change) }];
}

/** A changed column is named by the column alone; anything else says first what it is. */
const columnName = (change: SchemaChange): string | undefined =>
  change.kind === 'column' ? localName(change) : undefined;

/** `due_date` of `public.tasks.due_date`: the heading has the rest. */
function localName(change: SchemaChange): string {
  const prefix = `${change.parent}.`;
  return change.parent && change.name.startsWith(prefix)
    ? change.name.slice(prefix.length)
    : change.name;
}
