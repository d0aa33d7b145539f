import { describe, expect, it } from 'vitest';
import type { SchemaChange } from '@/lib/core/catalog';
import { countChanges, diffRows, groupChanges, summarizeChanges } from './schema-diff';

const column = (name: string, change: SchemaChange['change'] = 'removed'): SchemaChange => ({
  change,
  kind: 'column',
  name: `public.tasks.${name}`,
  parent: 'public.tasks',
  before: `${name} text`,
});

const changes: SchemaChange[] = [
  {
    change: 'removed',
    kind: 'index',
    name: 'public.tasks_due_idx',
    parent: 'public.tasks',
    before: 'INDEX tasks_due_idx ON public.tasks USING btree (due_date)',
  },
  column('due_date'),
  { change: 'added', kind: 'type', name: 'public.mood', after: "mood enum ('a', 'b')" },
  {
    change: 'changed',
    kind: 'column',
    name: 'public.agents.rate',
    parent: 'public.agents',
    attributes: [
      { name: 'type', before: 'integer', after: 'numeric(10,2)' },
      { name: 'default', before: null, after: '0' },
    ],
  },
];

/** The rows as one would read them aloud. */
const read = (list: SchemaChange[]) =>
  diffRows(list).map((row) =>
    row.type === 'heading'
      ? `# ${row.title}: ${row.detail}`
      : `${row.kind} ${row.line.map((token) => token.text).join('')}`,
  );

describe('diffRows', () => {
  it('groups by relation and reads from the table down to its indexes', () => {
    expect(read(changes)).toEqual([
      '# public.agents: 1 column changed',
      'change rate',
      'change   type  integer → numeric(10,2)',
      'change   default  none → 0',
      '# public.mood: 1 type added',
      "add type  mood enum ('a', 'b')",
      '# public.tasks: 1 column removed, 1 index removed',
      'remove due_date text',
      'remove INDEX tasks_due_idx ON public.tasks USING btree (due_date)',
    ]);
  });

  it('shows a change without attributes as what was and what is', () => {
    const view: SchemaChange = {
      change: 'changed',
      kind: 'view',
      name: 'public.busy',
      before: 'SELECT 1',
      after: 'SELECT 2',
    };
    expect(read([view])).toEqual([
      '# public.busy: 1 view changed',
      'remove SELECT 1',
      'add SELECT 2',
    ]);
  });

  it('says what it is where the description does not', () => {
    const list: SchemaChange[] = [
      {
        change: 'removed',
        kind: 'constraint',
        name: 'public.tasks.tasks_pkey',
        parent: 'public.tasks',
        before: 'tasks_pkey PRIMARY KEY (id)',
      },
      {
        change: 'changed',
        kind: 'index',
        name: 'public.tasks_due_idx',
        parent: 'public.tasks',
        attributes: [{ name: 'unique', before: 'no', after: 'yes' }],
      },
    ];
    expect(read(list).slice(1)).toEqual([
      'remove constraint  tasks_pkey PRIMARY KEY (id)',
      'change index  public.tasks_due_idx',
      'change   unique  no → yes',
    ]);
  });

  it('names what has no description', () => {
    expect(read([{ change: 'removed', kind: 'extension', name: 'citext' }])[1]).toBe(
      'remove extension  citext',
    );
  });

  it('gives every row an id of its own', () => {
    const ids = diffRows(changes).map((row) => row.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has nothing to show for nothing', () => {
    expect(diffRows([])).toEqual([]);
  });
});

it('does not reorder the list it was given', () => {
  const before = [...changes];
  groupChanges(changes);
  summarizeChanges(changes);
  expect(changes).toEqual(before);
});

it('counts in words and in numbers', () => {
  expect(summarizeChanges([column('a'), column('b'), column('c', 'added')])).toBe(
    '2 columns removed, 1 column added',
  );
  expect(countChanges(changes)).toEqual({ removed: 2, added: 1, changed: 1 });
});
