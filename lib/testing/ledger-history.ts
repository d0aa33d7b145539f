import type { SampleMigration } from '@/lib/folders/sample-target.fixture';

/** One migration of a history; its way back leaves a mark, so that a second execution shows. */
export interface LedgerStep {
  up: string;
  /** Without its mark. */
  down: string;
  /** Where in the script the mark is written; at its beginning unless told. */
  mark?: 'first' | 'last';
}

/** The mark of a migration's way back: its number, also behind the time with which 1.0 begins a name. */
export const markOf = (tag: string): string => tag.slice(0, tag.indexOf('_')).slice(-4);

/** How a script writes its mark. */
const markSql = (mark: string): string => `INSERT INTO ledger (mark) VALUES ('${mark}');`;

/**
 * A history whose scripts write down that they ran. The ledger itself is in the foundation, and its
 * rows are data: no comparison of schemas sees them.
 */
export function ledgerHistory(steps: readonly LedgerStep[], base = ''): SampleMigration[] {
  const history: SampleMigration[] = [
    {
      tag: '0000_base',
      up: `CREATE TABLE ledger (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mark text NOT NULL);${base}`,
    },
  ];
  for (const { up, down, mark } of steps) {
    const tag = `${String(history.length).padStart(4, '0')}_step`;
    const marked = markSql(markOf(tag));
    const script = mark === 'last' ? [down, marked] : [marked, down];
    history.push({ tag, up, down: `${script.join('\n')}\n` });
  }
  return history;
}

/** A table, a column and an index: three steps that need locks of their own. */
export const PLAIN = ledgerHistory([
  {
    up: 'CREATE TABLE rooms (id int PRIMARY KEY, name text);',
    down: 'DROP TABLE IF EXISTS rooms;',
  },
  {
    up: 'ALTER TABLE rooms ADD COLUMN topic text;',
    down: 'ALTER TABLE rooms DROP COLUMN IF EXISTS topic;',
  },
  { up: 'CREATE INDEX rooms_name ON rooms (name);', down: 'DROP INDEX IF EXISTS rooms_name;' },
]);
