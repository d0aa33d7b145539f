import type { MigrationEntry, MigrationLayout, MigrationList, TrackingRow } from './migration';
import { compareRows } from './pair-migrations';
import type { PlanRefusal } from './plan';
import { GRADE_LABELS } from './proof';

/** An applied migration: what a chain is made of. */
export type AppliedEntry = MigrationEntry & { row: TrackingRow };

export type Destination = { ok: true; chain: AppliedEntry[] } | { ok: false; refusal: PlanRefusal };

export interface Destinations {
  /** For each entry's key: what would be undone, newest first, or why it can't be the new head. */
  byKey: ReadonlyMap<string, Destination>;
  /** Keys of the migrations that can be undone: all above the barrier. */
  undoable: ReadonlySet<string>;
  /** The first migration, from the head down, that can't be undone; null when all can. */
  barrier: PlanRefusal | null;
}

type ListPart = Pick<MigrationList, 'entries' | 'rollbackPattern' | 'layout'>;

/** Belongs to its migration in every folder, whatever the other scripts are called. */
const SURE_PATTERN = '{tag}.down.sql';

/** The name under which a rollback script is looked for. */
export function rollbackFileName(
  pattern: string,
  entry: Pick<MigrationEntry, 'tag' | 'number'>,
): string {
  return (pattern === '*' ? SURE_PATTERN : pattern)
    .replaceAll('{number}', () => entry.number ?? '{number}')
    .replaceAll('{tag}', () => entry.tag ?? '{tag}');
}

/**
 * An entry whose only exact candidate has become its script: that its round trip gives the schema back
 * object by object is more than a name could say. With none or several, nothing is decided.
 */
export function resolveCandidates(entry: MigrationEntry): MigrationEntry {
  if (entry.rollback) return entry;
  const [found, ...others] = entry.candidates.filter(({ proof }) => proof?.grade === 'exact');
  if (!found?.proof || others.length > 0) return entry;
  const remark = `${found.why} Its round trip is exact, so it counts as the script of ${nameOf(entry)}.`;
  return {
    ...entry,
    rollback: { ...found.file, pairedBy: 'proof' },
    rollbackProblem: entry.rollbackProblem ?? found.problem,
    candidates: [],
    proof: { ...found.proof, remarks: [...found.proof.remarks, remark] },
  };
}

/**
 * What would have to be undone so that `toKey` is the newest applied migration: everything above it,
 * newest first, nothing left out. The rows that stay are then the oldest ones, so that drizzle, which
 * looks only at the newest, agrees with the schema.
 */
export function planChain(list: ListPart, toKey: string): Destination {
  const found = destinations(list).byKey.get(toKey);
  return found ?? refuse('not_applied', toKey, `There is no migration '${toKey}' on this target.`);
}

/** The same for every migration at once, in one walk from the head down. */
export function destinations(list: ListPart): Destinations {
  const byKey = new Map<string, Destination>();
  const undoable = new Set<string>();
  let barrier: PlanRefusal | null = null;
  const applied = list.entries
    .filter((entry): entry is AppliedEntry => entry.row !== undefined)
    .sort((a, b) => compareRows(b.row, a.row));
  const latest = latestBelow(applied);
  for (const [index, entry] of applied.entries()) {
    const above = applied[index - 1];
    const refusal = whyNoDestination(entry, above, barrier, list.layout);
    byKey.set(
      entry.key,
      refusal ? { ok: false, refusal } : { ok: true, chain: applied.slice(0, index) },
    );
    barrier ??= whyNotUndoable(entry, latest[index], list.rollbackPattern);
    if (!barrier) undoable.add(entry.key);
  }
  for (const entry of list.entries) {
    if (!entry.row) byKey.set(entry.key, notApplied(entry));
  }
  return { byKey, undoable, barrier };
}

function whyNoDestination(
  entry: AppliedEntry,
  above: AppliedEntry | undefined,
  barrier: PlanRefusal | null,
  layout: MigrationLayout,
): PlanRefusal | null {
  const name = nameOf(entry);
  if (!above) return refusal('already_head', entry.key, `${name} is the head already.`);
  if (barrier && entry.state === 'foundational') {
    return refusal(
      'foundational',
      entry.key,
      `${name} is foundational. A state this old is reached only by restoring from a backup.`,
    );
  }
  if (barrier) return barrier;
  if (entry.state === 'unknown') {
    return refusal(
      'unknown_row',
      entry.key,
      `No file belongs to this tracking row, so it is not known which migration would be the head. Put its file back, or choose another migration.`,
    );
  }
  // drizzle <= 0.45 applies what is newer than the newest row. Between equals it would never apply
  // the undone one again; 1.0 goes by names and would.
  if (layout === 'journal' && compareRows({ ...above.row, id: 0 }, { ...entry.row, id: 0 }) === 0) {
    return refusal(
      'out_of_order',
      entry.key,
      `${nameOf(above)} carries the same journal time, so drizzle would never apply it again. Choose an older migration.`,
    );
  }
  return null;
}

/** For each position, the entry further down that was applied last, by its row's id. */
function latestBelow(applied: readonly AppliedEntry[]): (AppliedEntry | undefined)[] {
  const latest: (AppliedEntry | undefined)[] = [];
  let best: AppliedEntry | undefined;
  for (let index = applied.length - 1; index >= 0; index -= 1) {
    latest[index] = best;
    const entry = applied[index];
    if (entry && (!best || entry.row.id > best.row.id)) best = entry;
  }
  return latest;
}

/** Why an entry can't be undone once all above it are; everything below it is out of reach then. */
function whyNotUndoable(
  entry: AppliedEntry,
  latest: AppliedEntry | undefined,
  pattern: string,
): PlanRefusal | null {
  const name = nameOf(entry);
  const { key } = entry;
  const orRestore = 'or restore from a backup';
  // The ids say in which order migrations were applied, the times what drizzle believes. Where they
  // disagree, a migration that stays may need what this one made.
  if (latest && latest.row.id > entry.row.id) {
    return refusal(
      'out_of_order',
      key,
      `${nameOf(latest)} was applied after ${name}, although its journal time is older. It may need what ${name} made, so neither is undone here: do it by hand, ${orRestore}.`,
    );
  }
  if (entry.state === 'unknown') {
    return refusal(
      'unknown_row',
      key,
      `Row ${entry.row.id} of the tracking table belongs to no file (hash ${entry.row.hash.slice(0, 12)}), so it can’t be undone, nor anything below it. Put the migration’s file back into the folder, ${orRestore}.`,
    );
  }
  if (entry.state === 'foundational') {
    return refusal(
      'foundational',
      key,
      `${name} is foundational: neither it nor anything below it is undone. To go back further, restore from a backup.`,
    );
  }
  if (entry.file?.absent) {
    return refusal(
      'rollback_unusable',
      key,
      `${entry.file.path} is in the journal and not in the folder, so nothing can prove the rollback of ${name}, and drizzle could not apply it again. Put the file back, ${orRestore}.`,
    );
  }
  // The rehearsal replays the files. Where a file is not what was applied, the rehearsed schema is
  // not the one that the script will meet, so its proof is worth nothing for this migration.
  if (entry.state === 'changed') {
    return refusal(
      'rollback_unusable',
      key,
      `${name} was changed after it was applied, so a rehearsal would not prove its rollback. Put the applied file back (sha256 ${entry.row.hash.slice(0, 12)}…), ${orRestore}.`,
    );
  }
  if (!entry.rollback && entry.candidates.length > 0) return ambiguous(entry, name, orRestore);
  if (entry.rollbackProblem !== undefined) {
    return refusal(
      'rollback_unusable',
      key,
      `The rollback script of ${name} can’t be used, so nothing at or below it can be undone. ${entry.rollbackProblem}`,
    );
  }
  if (!entry.rollback) {
    return refusal(
      'no_rollback_file',
      key,
      `${name} has no rollback script, so nothing at or below it can be undone. Write ${rollbackFileName(pattern, entry)}, ${orRestore}.`,
    );
  }
  if (entry.blockedBy !== undefined) return refusal('blocked_by_policy', key, entry.blockedBy);
  return null;
}

function ambiguous(entry: MigrationEntry, name: string, orRestore: string): PlanRefusal {
  const whys = entry.candidates.map(({ why, proof }) =>
    proof ? `${why} Its round trip says: ${GRADE_LABELS[proof.grade]}.` : why,
  );
  const wanted = rollbackFileName(SURE_PATTERN, entry);
  return refusal(
    'ambiguous_rollback',
    entry.key,
    `It is not sure which script undoes ${name}, so nothing at or below it can be undone. ${whys.join(' ')} Name the right one ${wanted} and remove what does not belong, ${orRestore}.`,
  );
}

function notApplied(entry: MigrationEntry): Destination {
  const name = nameOf(entry);
  return refuse(
    'not_applied',
    entry.key,
    entry.state === 'skipped'
      ? `${name} was never applied here: drizzle passed it over, as a newer one was applied first.`
      : `${name} is not applied here, so there is no way back to it.`,
  );
}

const nameOf = (entry: MigrationEntry): string => entry.tag ?? `row ${entry.row?.id ?? '?'}`;

function refusal(code: PlanRefusal['code'], key: string, message: string): PlanRefusal {
  return { code, key, message };
}

function refuse(code: PlanRefusal['code'], key: string, message: string): Destination {
  return { ok: false, refusal: { code, key, message } };
}
