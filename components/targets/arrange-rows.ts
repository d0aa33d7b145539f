import type { MigrationState } from '@/lib/core/migration';
import type { MigrationLine } from '@/lib/core/views';

/** What the table shows, top down. A fold stands for lines that are not of interest at first. */
export type TableItem =
  | { kind: 'line'; line: MigrationLine }
  | { kind: 'barrier' }
  | { kind: 'fold'; of: 'older' | 'foundational'; id: string; lines: MigrationLine[] };

/** As many lines stay in sight; a rollback that goes further is rare, and a list of 1,000 is not. */
const IN_SIGHT = 60;
/** A fold of fewer lines would hide more than it saves. */
const WORTH_FOLDING = 8;

/**
 * @param lines newest first
 * @param barrierKey the migration at which the chain stops; a line about it follows its row
 * @param state only lines in this state, then without the barrier and without a foundational fold
 */
export function arrangeRows(
  lines: readonly MigrationLine[],
  barrierKey: string | null,
  state: MigrationState | null,
): TableItem[] {
  const shown = state ? lines.filter((line) => line.state === state) : lines;
  const older = shown.length - IN_SIGHT >= WORTH_FOLDING ? IN_SIGHT : shown.length;
  const items: TableItem[] = [];
  for (const [index, line] of shown.entries()) {
    const of = foldOf(line, {
      beyond: index >= older,
      filtered: state !== null,
      barrier: line.key === barrierKey,
    });
    const last = items.at(-1);
    if (!of) items.push({ kind: 'line', line });
    else if (last?.kind === 'fold' && last.of === of) last.lines.push(line);
    else items.push({ kind: 'fold', of, id: `${of}-${line.key}`, lines: [line] });
    if (state === null && line.key === barrierKey) items.push({ kind: 'barrier' });
  }
  return items;
}

function foldOf(
  line: MigrationLine,
  at: { beyond: boolean; filtered: boolean; barrier: boolean },
): 'older' | 'foundational' | null {
  if (line.head || at.barrier) return null;
  // The floor itself can be gone back to, and then it is no line to hide.
  if (line.state === 'foundational' && !at.filtered) {
    return line.destination ? null : 'foundational';
  }
  return at.beyond ? 'older' : null;
}

/** From the newest to the oldest of a fold: '0017 – 0000'. */
export function rangeOf(lines: readonly MigrationLine[]): string {
  const name = (line: MigrationLine | undefined) => line?.number ?? line?.key ?? '';
  const [first, last] = [name(lines[0]), name(lines.at(-1))];
  return first === last ? first : `${first} – ${last}`;
}

/**
 * The lines as they go to the browser: a refusal that is the barrier's own is left out, since a
 * thousand rows would repeat one sentence. A line that is no destination and gives no reason of its
 * own is below the barrier.
 */
export function withoutRepeats(
  lines: readonly MigrationLine[],
  barrierMessage: string | null,
): MigrationLine[] {
  if (barrierMessage === null) return [...lines];
  return lines.map((line) => (line.whyNot === barrierMessage ? { ...line, whyNot: null } : line));
}

/** The destination above (`-1`, newer) or below (`1`, older) the chosen one, among the shown lines. */
export function nextDestination(
  lines: readonly MigrationLine[],
  chosen: string,
  step: -1 | 1,
): string | null {
  const keys = lines.filter((line) => line.destination).map((line) => line.key);
  const at = keys.indexOf(chosen);
  if (at < 0) return null;
  return keys[at + step] ?? null;
}
