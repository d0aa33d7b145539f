import { sha256Hex } from './digest';
import type {
  MigrationEntry,
  MigrationFile,
  MigrationLayout,
  MigrationState,
  RollbackCandidate,
  RollbackFile,
  TrackingRow,
} from './migration';
import { pairRows } from './pair-rows';

/** What the rollbacks folder has for one migration. */
export interface RollbackMatch {
  rollback: RollbackFile | undefined;
  /** Why it can't be used, as a sentence. */
  problem: string | undefined;
  /** Scripts that may or may not belong to it; empty where `rollback` is set. Their proof is not asked for yet. */
  candidates: RollbackCandidate[];
}

export interface PairingInput {
  layout: MigrationLayout;
  /** In the order in which drizzle reads them. */
  files: readonly MigrationFile[];
  /** Ordered by id. */
  rows: readonly TrackingRow[];
  /** By tag; a tag that is not in the map has no rollback. */
  rollbacks: ReadonlyMap<string, RollbackMatch>;
  /** Tag or number of the newest foundational migration. */
  foundation: string | undefined;
}

export interface Pairing {
  /** Oldest first, as drizzle counts age: by created_at, or by `when` where there is no row. */
  entries: MigrationEntry[];
  head: MigrationEntry | undefined;
}

/** The leading digits of a tag: `0035` of `0035_fix_columns`. */
export function numberOf(tag: string): string | undefined {
  return /^\d+/.exec(tag)?.[0];
}

/**
 * Position of the floor in the journal, -1 when there is none, undefined when it names no migration.
 * Of several migrations with the number, the newest counts: more is kept safe then.
 */
export function floorPosition(
  files: readonly MigrationFile[],
  foundation: string | undefined,
): number | undefined {
  if (foundation === undefined) return -1;
  const byTag = files.find((file) => file.tag === foundation);
  if (byTag) return byTag.position;
  return files.findLast((file) => numberOf(file.tag) === foundation)?.position;
}

/** created_at is a bigint: two of them are compared without losing digits. */
export function compareCreatedAt(a: string, b: string): number {
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/**
 * Order of age among rows. drizzle looks at created_at alone; the id only decides between equals, as
 * the row that was inserted later is the newer one.
 */
export function compareRows(a: TrackingRow, b: TrackingRow): number {
  return compareCreatedAt(a.createdAt, b.createdAt) || a.id - b.id;
}

/** Files, tracking rows and rollback scripts as one list with states. */
export function pairMigrations(input: PairingInput): Pairing {
  const { layout, files, rows } = input;
  const rowOf = pairRows(layout, files, rows);
  const newest = newestRow(rows);
  const floor = floorPosition(files, input.foundation) ?? -1;
  const entries = files.map((file) => {
    const row = rowOf.get(file);
    const match = input.rollbacks.get(file.tag);
    // Of a file that is not there, nobody can say whether it changed.
    const changed = row !== undefined && !file.absent && !sameContent(file, row.hash);
    return {
      key: file.tag,
      tag: file.tag,
      number: numberOf(file.tag),
      state: row ? appliedState(file, changed, floor) : waitingState(layout, file, newest),
      fileChanged: changed,
      file,
      row,
      rollback: match?.rollback,
      rollbackProblem: match?.problem,
      candidates: match?.candidates ?? [],
      proof: undefined,
      blockedBy: undefined,
    } satisfies MigrationEntry;
  });
  const paired = new Set(rowOf.values());
  const all = [...entries, ...rows.filter((row) => !paired.has(row)).map(unknownEntry)];
  all.sort(compareEntries);
  return {
    entries: all,
    head: all.find((entry) => entry.row !== undefined && entry.row === newest),
  };
}

/** The row that drizzle takes for the newest; undefined where there is none. */
export function newestRow(rows: readonly TrackingRow[]): TrackingRow | undefined {
  return rows.reduce<TrackingRow | undefined>(
    (best, row) => (best && compareRows(best, row) > 0 ? best : row),
    undefined,
  );
}

/**
 * Whether a row's hash is that of the file, whatever its line endings: a checkout on another system
 * turns LF into CRLF, and drizzle's hash with it, while the SQL stays what it was.
 */
export function sameContent(file: Pick<MigrationFile, 'hash' | 'sql'>, hash: string): boolean {
  if (file.hash === hash) return true;
  if (!file.sql.includes('\n')) return false;
  const lf = file.sql.replaceAll('\r\n', '\n');
  return sha256Hex(lf) === hash || sha256Hex(lf.replaceAll('\n', '\r\n')) === hash;
}

function appliedState(file: MigrationFile, changed: boolean, floor: number): MigrationState {
  if (file.position <= floor) return 'foundational';
  return changed ? 'changed' : 'applied';
}

/**
 * drizzle <= 0.45 applies what is newer than the newest row, and never looks at anything else again;
 * 1.0 applies whatever it has no name of.
 */
function waitingState(
  layout: MigrationLayout,
  file: MigrationFile,
  newest: TrackingRow | undefined,
): MigrationState {
  if (!newest || layout === 'folders') return 'pending';
  return compareCreatedAt(String(file.when), newest.createdAt) > 0 ? 'pending' : 'skipped';
}

function unknownEntry(row: TrackingRow): MigrationEntry {
  return {
    key: `unknown-${row.id}`,
    tag: undefined,
    number: undefined,
    state: 'unknown',
    fileChanged: false,
    file: undefined,
    row,
    rollback: undefined,
    rollbackProblem: undefined,
    candidates: [],
    proof: undefined,
    blockedBy: undefined,
  };
}

/** Among equals the applied ones come first, in the order in which they were applied. */
function compareEntries(a: MigrationEntry, b: MigrationEntry): number {
  const byTime = compareCreatedAt(ageOf(a), ageOf(b));
  if (byTime !== 0) return byTime;
  if (a.row && b.row) return a.row.id - b.row.id;
  if (a.row || b.row) return a.row ? -1 : 1;
  return (a.file?.position ?? 0) - (b.file?.position ?? 0);
}

function ageOf(entry: MigrationEntry): string {
  return entry.row?.createdAt ?? String(entry.file?.when ?? 0);
}
