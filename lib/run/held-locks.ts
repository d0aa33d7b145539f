/** One lock that a blocker holds on what the run waits for. */
export interface HeldLock {
  /** As in pg_locks: relation, transactionid, tuple, … */
  type: string;
  mode: string;
  /** How the run wants the same thing. */
  wanted: string;
  /** Qualified; null where it is no relation, or one that nobody else sees yet. */
  relation: string | null;
}

const MODES = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
];

/** PostgreSQL's own table: for each mode, in the order above, which others it lets nobody have. */
const CONFLICTS: readonly (readonly number[])[] = [
  [7],
  [6, 7],
  [4, 5, 6, 7],
  [3, 4, 5, 6, 7],
  [2, 3, 5, 6, 7],
  [2, 3, 4, 5, 6, 7],
  [1, 2, 3, 4, 5, 6, 7],
  [0, 1, 2, 3, 4, 5, 6, 7],
];

/** Says what is in the way: 'ACCESS SHARE on public.gateways'. What does not conflict is left out. */
export function heldInWords(locks: readonly HeldLock[]): string[] {
  const words = locks.filter(({ mode, wanted }) => conflict(mode, wanted)).map(inWords);
  return [...new Set(words)].sort();
}

function conflict(held: string, wanted: string): boolean {
  const [a, b] = [MODES.indexOf(held), MODES.indexOf(wanted)];
  // A mode of a newer server is shown rather than hidden.
  return a < 0 || b < 0 || (CONFLICTS[a]?.includes(b) ?? true);
}

function inWords({ type, mode, relation }: HeldLock): string {
  switch (type) {
    case 'transactionid':
      return 'rows that its open transaction has changed';
    case 'virtualxid':
      return 'a transaction that is older than this statement';
    case 'tuple':
      return `a row of ${relation ?? 'a table'}`;
    case 'advisory':
      return 'an advisory lock';
    default:
      return `${modeInWords(mode)} on ${relation ?? (type === 'relation' ? 'a new relation' : `a ${type}`)}`;
  }
}

const modeInWords = (mode: string): string =>
  mode
    .replace(/Lock$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
