import type { RestoredCheck } from './backup';
import type { Amount } from './evidence';
import type { MigrateForecast } from './migrate-forecast';

/** The emergency restore of a target from a backup. */
export const RESTORE_STATUSES = [
  'draft',
  'restoring',
  'restored',
  'failed',
  'awaiting_approval',
  'approved',
  'swapping',
  'swapped',
  'swapping_back',
  'swapped_back',
  'unknown',
  'rejected',
  'cancelled',
] as const;
export type RestoreStatus = (typeof RESTORE_STATUSES)[number];

export const RESTORE_STATUS_LABELS: Record<RestoreStatus, string> = {
  draft: 'Draft',
  restoring: 'Restoring',
  restored: 'Restored beside',
  failed: 'Not restored',
  awaiting_approval: 'Waiting for approval',
  approved: 'Approved',
  swapping: 'Swapping',
  swapped: 'Swapped',
  swapping_back: 'Swapping back',
  swapped_back: 'Swapped back',
  unknown: 'Outcome unknown',
  rejected: 'Rejected',
  cancelled: 'Cancelled',
};

/**
 * Where a backup is restored to: into a new database beside the present one, or into schemas beside the
 * present ones, for a role that may not create databases or not rename the target's.
 */
export const RESTORE_WAYS = ['beside', 'in_place'] as const;
export type RestoreWay = (typeof RESTORE_WAYS)[number];

/** One schema that a restore in place moves. */
export interface MovedSchema {
  /** Its name in the target, before and after. */
  name: string;
  /** Object id of the present one; null when only the backup has it. */
  presentOid: number | null;
  /** Of the restored one; null when the backup does not have it, and until it is restored. */
  newOid: number | null;
  /** What the restored one is called while it is not in use. */
  restored: string;
  /** What the present one is called once it is set aside. */
  former: string;
}

/**
 * Every allowed change, with why it exists. The control database holds the same pairs in a trigger.
 */
export const RESTORE_STATUS_CHANGES = [
  ['draft', 'restoring', 'A person asked for the restore into a new database.'],
  ['draft', 'cancelled', 'Given up before anything was restored.'],
  ['restoring', 'restored', 'The new database is as the backup says.'],
  ['restoring', 'failed', 'The backup could not be restored, or is not what it says.'],
  ['failed', 'restoring', 'Tried again by a person.'],
  ['failed', 'cancelled', 'Given up; what was restored is dropped.'],
  ['restored', 'awaiting_approval', 'The requester asks for approval of exactly this swap.'],
  ['restored', 'approved', 'The policy of the target asks for no approval.'],
  ['restored', 'cancelled', 'Given up; the new database is dropped.'],
  ['awaiting_approval', 'approved', 'Enough reviewers have agreed to this digest.'],
  ['awaiting_approval', 'rejected', 'One reviewer said no; the new database is dropped.'],
  ['awaiting_approval', 'restored', 'The approval is void: something has changed.'],
  ['awaiting_approval', 'cancelled', 'The requester withdrew.'],
  ['approved', 'swapping', 'The swap was started by a person.'],
  ['approved', 'restored', 'The approval is void: something has changed.'],
  ['approved', 'cancelled', 'Given up although approved.'],
  ['swapping', 'swapped', 'The restored database has the name of the target.'],
  ['swapping', 'approved', 'The swap did not go through: the former database is in its place.'],
  ['swapping', 'unknown', 'The server could not be asked which database has the name.'],
  ['swapped', 'swapping_back', 'A person asked for the former database again.'],
  ['swapping_back', 'swapped_back', 'The former database has its name again.'],
  ['swapping_back', 'swapped', 'It did not go through: the restored database is in its place.'],
  ['swapping_back', 'unknown', 'The server could not be asked which database has the name.'],
  ['unknown', 'approved', 'The server answered: the former database is in its place.'],
  ['unknown', 'swapped', 'The server answered: the restored database is in its place.'],
  ['unknown', 'swapped_back', 'The server answered: the former database has its name again.'],
] as const satisfies readonly (readonly [RestoreStatus, RestoreStatus, string])[];

/** Statuses in which a target has a restore that is not over. */
export const OPEN_RESTORE_STATUSES = [
  'draft',
  'restoring',
  'restored',
  'failed',
  'awaiting_approval',
  'approved',
  'swapping',
  'swapping_back',
  'unknown',
] as const satisfies readonly RestoreStatus[];

/** What an executor does on the server, each written before it is done. */
export const RESTORE_ACTS = ['restore', 'swap', 'swap_back', 'drop_new', 'drop_former'] as const;
export type RestoreAct = (typeof RESTORE_ACTS)[number];

/** For how long the database that was swapped out is kept before its drop is offered. */
export const KEEP_FORMER_DAYS = 14;

export const restoreLabel = (id: number): string => `ER-${String(id).padStart(4, '0')}`;

/** The number behind `ER-0001`; undefined for anything else. */
export function parseRestoreLabel(label: string): number | undefined {
  const digits = /^ER-(\d{4,9})$/.exec(label)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What going back to a backup loses, as far as it can be known. */
export interface RestoreLoss {
  takenAt: string;
  /** Age of the backup's snapshot. */
  ageMs: number;
  /** Row changes since the snapshot, from the server's statistics; `source` says why it is unknown. */
  writes: Amount;
  /** By table, the most first. */
  tables: {
    table: string;
    /** In the backup; null where the table is not in it. */
    before: number | null;
    now: Amount;
    /** Newest value of a timestamp column that tells when rows are written. */
    newest: { column: string; at: string } | null;
  }[];
  /** Tags of migrations that the present database has and the backup lacks. */
  migrations: string[];
  /** What could not be asked, as sentences. */
  problems: string[];
}

/** What was restored, what it loses, and what comes with it: all of it is approved. */
export interface RestoreEvidence {
  check: RestoredCheck;
  headTag: string | null;
  /** Tags of the migrations that the restored database has, oldest first. */
  tags: string[];
  /** The next migrate() of the release whose newest migration is the restored head. */
  forecast: MigrateForecast | null;
  /** The next migrate() of the migrations folder as it is today. */
  forecastToday: MigrateForecast | null;
  loss: RestoreLoss;
  /** SHA-256 over the present database's tracking rows: other rows are another loss. */
  presentRows: string;
  /** What keeps newer images from migrating it up; null where the backup's head is the present one. */
  fence: { kind: 'trigger' | 'watch'; why: string | null } | null;
  /** Grants and settings of the present database that the role may not carry over, as SQL for somebody who may. */
  notCarried: { sql: string; why: string }[];
  /** Of a restore in place; absent for one beside. */
  inPlace?: {
    /** Of the copy under its true names: the swap compares it once more before it commits. */
    fingerprint: string;
    /** What belongs to the database and not to a schema, and stays as it is, as sentences. */
    untouched: string[];
  };
}

/** One act on the server, written before it is done. */
export interface RestoreStepRecord {
  seq: number;
  what: RestoreAct;
  /** `close_doors`, `rename` … */
  name: string;
  state: 'intent' | 'done' | 'failed';
  at: string;
  endedAt: string | null;
  detail: string | null;
}

/** The ending of every schema that a restore in place has made, or has set aside. */
export function restoreSchemaEndings(restore: { id: number; backupId: number }): {
  restored: string;
  former: string;
} {
  const { restored, former } = restoreDatabaseNames('', restore);
  return { restored: restored.slice(1), former: former.slice(1) };
}

/**
 * What the schemas are called that a restore in place moves, beside their own names. Long names are cut,
 * and two that are then the same are told apart by a number.
 */
export function movedSchemas(
  present: readonly { name: string; oid: number }[],
  inBackup: readonly string[],
  restore: { id: number; backupId: number },
): MovedSchema[] {
  const endings = restoreSchemaEndings(restore);
  const oids = new Map(present.map(({ name, oid }) => [name, oid]));
  const taken = new Set<string>([markerSchema(restore)]);
  const free = (name: string, ending: string): string => {
    for (let count = 1; ; count += 1) {
      const candidate = withinBytes(name, `${count === 1 ? '' : `_${count}`}_${ending}`);
      if (taken.has(candidate)) continue;
      taken.add(candidate);
      return candidate;
    }
  };
  return [...new Set([...oids.keys(), ...inBackup])].sort().map((name) => ({
    name,
    presentOid: oids.get(name) ?? null,
    newOid: null,
    restored: free(name, endings.restored),
    former: free(name, endings.former),
  }));
}

/** An empty schema whose comment says which others a restore has made. */
export const markerSchema = (restore: { id: number; backupId: number }): string =>
  `backstep_${restoreSchemaEndings(restore).restored}`;

/** For a regular expression of PostgreSQL and of JavaScript alike. */
export const SET_ASIDE_SCHEMA = '_(restore_b[0-9]{4,9}_er|before_er)[0-9]{4,9}$';

/** Whether a schema is one that a restore in place has made, or has set aside. */
export const isSetAsideSchema = (name: string): boolean => new RegExp(SET_ASIDE_SCHEMA).test(name);

/** What a database is called while it is prepared, and while it is kept: 63 bytes hold a name. */
export function restoreDatabaseNames(
  present: string,
  restore: { id: number; backupId: number },
): { restored: string; former: string } {
  const er = `er${String(restore.id).padStart(4, '0')}`;
  const b = `b${String(restore.backupId).padStart(4, '0')}`;
  return {
    restored: withinBytes(present, `_restore_${b}_${er}`),
    former: withinBytes(present, `_before_${er}`),
  };
}

const MOST_BYTES = 63;

function withinBytes(name: string, ending: string): string {
  const characters = [...name];
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  while (bytes(characters.join('') + ending) > MOST_BYTES) characters.pop();
  return characters.join('') + ending;
}
