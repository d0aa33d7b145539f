import type { MigrationFile, MigrationLayout, TrackingRow } from './migration';

type Pairs = Map<MigrationFile, TrackingRow>;

/**
 * Which row stands for which file. Each row is given to at most one file, each file gets at most one.
 *
 * Journal folders (drizzle <= 0.45): a row carries the file's hash and the journal's `when`, and no
 * name. It belongs to the file with the same hash and time; what is left, to the file with the same
 * time, whose content then differs. The hash alone never pairs: empty migrations all share one.
 *
 * 1.0 folders: a row carries the folder's name, and that decides. Rows without one were written by an
 * older drizzle and are matched as 1.0 does when it upgrades the table: by the second of created_at,
 * else by the hash, which here has to be the only one of its kind.
 */
export function pairRows(
  layout: MigrationLayout,
  files: readonly MigrationFile[],
  rows: readonly TrackingRow[],
): Pairs {
  return layout === 'folders' ? pairByName(files, rows) : pairByTime(files, rows);
}

function pairByTime(files: readonly MigrationFile[], rows: readonly TrackingRow[]): Pairs {
  const pairing = new OpenPairing(files, rows);
  pairing.take(
    (file) => `${file.hash} ${file.when}`,
    (row) => `${row.hash} ${BigInt(row.createdAt)}`,
  );
  pairing.take(
    (file) => String(file.when),
    (row) => String(BigInt(row.createdAt)),
  );
  return pairing.pairs;
}

function pairByName(files: readonly MigrationFile[], rows: readonly TrackingRow[]): Pairs {
  const pairing = new OpenPairing(files, rows);
  pairing.take(
    (file) => file.tag,
    (row) => row.name,
  );
  const inSecond = countBy(files, (file) => String(file.when));
  const nameless = (row: TrackingRow) => row.name === undefined;
  pairing.take(
    (file) => `${file.hash} ${file.when}`,
    (row) => (nameless(row) ? `${row.hash} ${secondOf(row)}` : undefined),
  );
  // Of several migrations within one second, only the hash could tell which one it is.
  pairing.take(
    (file) => String(file.when),
    (row) => (nameless(row) && inSecond.get(secondOf(row)) === 1 ? secondOf(row) : undefined),
  );
  const ofHash = countBy(files, (file) => file.hash);
  const timeless = (row: TrackingRow) => nameless(row) && !inSecond.has(secondOf(row));
  const rowsOfHash = countBy(rows.filter(timeless), (row) => row.hash);
  pairing.take(
    (file) => file.hash,
    (row) =>
      timeless(row) && ofHash.get(row.hash) === 1 && rowsOfHash.get(row.hash) === 1
        ? row.hash
        : undefined,
  );
  return pairing.pairs;
}

/** created_at cut to its second, as text: the only precision that a folder's name has. */
export function secondOf(row: Pick<TrackingRow, 'createdAt'>): string {
  return String((BigInt(row.createdAt) / 1_000n) * 1_000n);
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

/** A pairing in the making: one rule after the other takes what it can of the rest. */
class OpenPairing {
  readonly pairs: Pairs = new Map();
  private readonly free: Set<TrackingRow>;

  constructor(
    private readonly files: readonly MigrationFile[],
    rows: readonly TrackingRow[],
  ) {
    this.free = new Set(rows);
  }

  /** Pairs files and rows of equal keys, the first with the first; a row without a key waits. */
  take(
    keyOfFile: (file: MigrationFile) => string,
    keyOfRow: (row: TrackingRow) => string | undefined,
  ): void {
    const waiting = new Map<string, TrackingRow[]>();
    for (const row of this.free) {
      const key = keyOfRow(row);
      if (key === undefined) continue;
      const others = waiting.get(key);
      if (others) others.push(row);
      else waiting.set(key, [row]);
    }
    for (const file of this.files) {
      if (this.pairs.has(file)) continue;
      const row = waiting.get(keyOfFile(file))?.shift();
      if (!row) continue;
      this.pairs.set(file, row);
      this.free.delete(row);
    }
  }
}
