import { OUTCOME_TONE } from '@/components/room/status-look';
import type { Tone } from '@/components/ui/tone';
import { OUTCOME_LABELS, OUTCOMES } from '@/lib/core/rollback';
import type { AuditEntry, AuditOutcome } from '@/lib/core/views';

export const AUDIT_OUTCOME_LABELS: Record<AuditOutcome, string> = {
  done: 'Done',
  refused: 'Refused',
  failed: 'Failed',
  unknown: 'Unknown',
};

const AUDIT_OUTCOME_TONE: Record<AuditOutcome, Tone> = {
  done: 'ok',
  refused: 'danger',
  failed: 'danger',
  unknown: 'unknown',
};

/** How an event ended. A run has an outcome of its own, which says more than that it ended. */
export function outcomeOf(entry: Pick<AuditEntry, 'action' | 'outcome' | 'payload'>): {
  tone: Tone;
  word: string;
} {
  if (entry.action === 'run.finish') {
    const told = OUTCOMES.find((outcome) => outcome === entry.payload.outcome);
    if (told) return { tone: OUTCOME_TONE[told], word: OUTCOME_LABELS[told] };
  }
  return { tone: AUDIT_OUTCOME_TONE[entry.outcome], word: AUDIT_OUTCOME_LABELS[entry.outcome] };
}

/**
 * What the act was aimed at, where its words alone leave that open: a migration, a session, a refused
 * act. Short, as it stands in one line with the words.
 */
export function detailOf(entry: Pick<AuditEntry, 'action' | 'payload'>): string | undefined {
  const { action, payload } = entry;
  switch (action) {
    case 'run.step':
      return textOf(payload.migration);
    case 'run.part':
      return joined(textOf(payload.migration), partOf(payload));
    case 'run.terminate_blocker':
    case 'run.blocker_terminated':
      return joined(pidOf(payload), textOf(payload.application));
    case 'fence.refused':
      return typeof payload.total === 'number'
        ? `${payload.total.toLocaleString('en-US')} in all`
        : undefined;
    case 'migration.reapplied':
      return namesOf(payload.rows, (row) => textOf(row.tag) ?? textOf(row.hash)?.slice(0, 12));
    case 'rescue.prune_request':
    case 'rescue.prune':
      return Array.isArray(payload.copies)
        ? `${payload.copies.length} ${payload.copies.length === 1 ? 'copy' : 'copies'}`
        : undefined;
    case 'danger.acknowledge':
      return textOf(payload.danger);
    case 'action.refused':
      return textOf(payload.action);
    case 'history.export':
      return textOf(payload.format);
    case 'backup.request':
    case 'backup.finish':
    case 'backup.cancel':
    case 'backup.confirm':
    case 'backup.prune':
    case 'test_restore.request':
      return textOf(payload.backup);
    case 'test_restore.finish':
      return joined(textOf(payload.backup), rehearsedOf(payload));
    case 'restore.create':
    case 'restore.start':
      return textOf(payload.backup);
    case 'restore.swap_request':
      return joined(textOf(payload.backup), lostOf(payload));
    case 'restore.finish':
      return joined(textOf(payload.head), textOf(payload.database) ?? schemasOf(payload));
    case 'restore.cancel':
      return textOf(payload.while)?.replaceAll('_', ' ');
    case 'restore.drop_new':
    case 'restore.drop_former_request':
    case 'restore.drop_former':
      return textOf(payload.database) ?? schemasOf(payload);
    case 'restore.swap_back_request':
      return textOf(payload.former);
    case 'restore.end_sessions':
      return sessionsOf(payload);
    case 'restore.swap':
    case 'restore.swap_back':
    case 'restore.settle':
      return placeOf(payload);
    case 'backup.attest':
      return joined(textOf(payload.backup), textOf(payload.provider), textOf(payload.reference));
    default:
      return undefined;
  }
}

function lostOf({ writesLost }: AuditEntry['payload']): string | undefined {
  return typeof writesLost === 'number'
    ? `${writesLost.toLocaleString('en-US')} row ${writesLost === 1 ? 'change' : 'changes'} lost`
    : undefined;
}

/** Whom a swap put out, and how many of them had come in the middle of it. */
function sessionsOf({ ended, meanwhile, sessions }: AuditEntry['payload']): string | undefined {
  // Older rows have only the list.
  const count = typeof ended === 'number' ? ended : Array.isArray(sessions) ? sessions.length : 0;
  if (count === 0)
    return Array.isArray(sessions) && sessions.length > 0 ? 'only its own' : undefined;
  const came =
    typeof meanwhile === 'number' && meanwhile > 0
      ? `${meanwhile.toLocaleString('en-US')} came in the middle`
      : undefined;
  return joined(`${count.toLocaleString('en-US')} ${count === 1 ? 'session' : 'sessions'}`, came);
}

function placeOf({ inPlace, way }: AuditEntry['payload']): string | undefined {
  if (inPlace !== 'restored' && inPlace !== 'former') return undefined;
  return `${inPlace} ${way === 'in_place' ? 'schemas' : 'database'} in place`;
}

/** Of a restore in place. */
function schemasOf({ schemas }: AuditEntry['payload']): string | undefined {
  return Array.isArray(schemas) ? schemas.map(String).join(', ') : undefined;
}

/** Whether a plan was tried on the restored rows, and what came of it; nothing for a restore alone. */
function rehearsedOf({ rehearsed }: AuditEntry['payload']): string | undefined {
  if (typeof rehearsed !== 'boolean') return undefined;
  return rehearsed ? 'plan rehearsed on it' : 'plan fails on it';
}

function partOf({ part, parts }: AuditEntry['payload']): string | undefined {
  return typeof part === 'number' && typeof parts === 'number'
    ? `part ${part} of ${parts}`
    : undefined;
}

function pidOf({ pid }: AuditEntry['payload']): string | undefined {
  return typeof pid === 'number' ? `pid ${pid}` : undefined;
}

function namesOf(
  rows: unknown,
  nameOf: (row: Record<string, unknown>) => string | undefined,
): string | undefined {
  if (!Array.isArray(rows)) return undefined;
  return joined(...rows.map((row) => (isRecord(row) ? nameOf(row) : undefined)));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function joined(...words: (string | undefined)[]): string | undefined {
  const said = words.filter((word) => word !== undefined);
  return said.length > 0 ? said.join(', ') : undefined;
}

/** What somebody wrote, or was told, in words. */
export function wordsOf(payload: AuditEntry['payload']): { label: string; text: string }[] {
  const labelled = [
    ['Reason', payload.reason],
    ['Comment', payload.comment],
    ['Message', payload.message],
    ['Why there is no fence', payload.why],
  ] as const;
  return labelled.flatMap(([label, value]) => {
    const text = textOf(value);
    return text ? [{ label, text }] : [];
  });
}

/** `9f3a61c0…61d8`: enough to tell two hashes apart by eye. */
export function shortHash(hash: string): string {
  return hash.length > 14 ? `${hash.slice(0, 8)}…${hash.slice(-4)}` : hash;
}

/** `#18,204` */
export function eventNumber(seq: number): string {
  return `#${seq.toLocaleString('en-US')}`;
}

/** `1 event`, `18,204 events` */
export function countEvents(count: number): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'event' : 'events'}`;
}

export interface Day {
  /** `2026-11-22`, in UTC. */
  day: string;
  entries: AuditEntry[];
}

/** Consecutive events of one day in UTC under that day. */
export function byDay(entries: readonly AuditEntry[]): Day[] {
  const days: Day[] = [];
  for (const entry of entries) {
    const day = entry.at.slice(0, 10);
    const last = days.at(-1);
    if (last?.day === day) last.entries.push(entry);
    else days.push({ day, entries: [entry] });
  }
  return days;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
