import type { Retention } from '@/lib/core/policy';

const DAY_MS = 24 * 3_600_000;

/** What the rules look at, of one backup. */
export interface KeptCandidate {
  id: number;
  target: string;
  state: 'passed' | 'failed' | 'interrupted' | 'queued' | 'running';
  /** Epoch milliseconds: of its snapshot, else of the request. */
  takenAt: number;
  /** Backstep keeps its bytes itself and may remove them. */
  ours: boolean;
  /** A test restore of it has passed. */
  restored: boolean;
  /** What refers to it and is not over: 'RB-0007'. */
  heldBy: string | null;
}

export type RetentionVerdict = { prune: true; reason: string } | { prune: false; reason: string };

const keep = (reason: string): RetentionVerdict => ({ prune: false, reason });

/**
 * What happens to each backup under the rules, each with its reason. Of a target are kept: the newest
 * `count` confirmed ones, all that are younger than `days`, whatever refers to an open rollback or
 * restore, the newest confirmed one, and the newest that was restored to test it.
 */
export function applyRetention(
  all: readonly KeptCandidate[],
  retention: Retention | undefined,
  now: number,
): Map<number, RetentionVerdict> {
  const verdicts = new Map<number, RetentionVerdict>();
  for (const target of new Set(all.map((backup) => backup.target))) {
    const ofTarget = all.filter((backup) => backup.target === target);
    const confirmed = ofTarget
      .filter(({ state, ours }) => state === 'passed' && ours)
      .sort((a, b) => b.takenAt - a.takenAt || b.id - a.id);
    const proven = confirmed.find(({ restored }) => restored);
    for (const backup of ofTarget) {
      const rank = confirmed.indexOf(backup);
      verdicts.set(backup.id, judge(backup, rank, backup === proven, retention, now));
    }
  }
  return verdicts;
}

function judge(
  backup: KeptCandidate,
  rank: number,
  isNewestRestored: boolean,
  retention: Retention | undefined,
  now: number,
): RetentionVerdict {
  if (backup.state === 'queued' || backup.state === 'running') return keep('It is being taken.');
  if (!backup.ours) return keep('Backstep does not keep its bytes, and leaves them alone.');
  if (backup.heldBy !== null) return keep(`${backup.heldBy} refers to it.`);
  if (rank === 0) return keep('It is the newest confirmed one of its target.');
  if (isNewestRestored) return keep('It is the newest one that was restored to test it.');
  if (!retention) return keep('No retention is configured.');
  const days = `${retention.days} day${retention.days === 1 ? '' : 's'}`;
  if (now - backup.takenAt < retention.days * DAY_MS) return keep(`It is younger than ${days}.`);
  if (backup.state !== 'passed') {
    return { prune: true, reason: `It was never confirmed and is older than ${days}.` };
  }
  if (rank < retention.count) {
    return keep(`It is one of the newest ${retention.count} of its target.`);
  }
  return {
    prune: true,
    reason: `It is older than ${days} and not among the newest ${retention.count} of its target.`,
  };
}
