import type { TargetConfig } from '@/lib/core/policy';
import { findPooler, openTarget, type Way } from '@/lib/target';
import type { RunSession } from './run-session';

/** A connection beside those that we have is made at once, or the pool has no room for it. */
const POOLER_PATIENCE_MS = 2_000;
/** The run's two, and one for each of what may happen beside it: a look, the end of a blocker. */
const POOL_ROOM = 4;

/** Two connections of one run must be two sessions, and each must stay the one that it is. */
export async function findWay(session: RunSession, target: TargetConfig): Promise<Way> {
  const way = await findPooler(session.client, () =>
    openTarget(target, 'write', {
      applicationName: 'backstep pooler check',
      connectMs: POOLER_PATIENCE_MS,
    }),
  );
  if (way.kind === 'shared') return way;
  const [second] = await session.watch.ask<{ pid: number }>(
    'SELECT pg_catalog.pg_backend_pid() AS pid',
  );
  if (way.pid !== session.pid || second?.pid === way.pid)
    return {
      kind: 'shared',
      why: `two connections were given the same server process ${way.pid}`,
    };
  return way;
}

/** The line of the preflight: what is wrong with the way, or how it is. */
export function wayInWords(way: Way): [problem: string | null, evidence: string] {
  switch (way.kind) {
    case 'direct':
      return [null, `server process ${way.pid}, nothing in between that pools`];
    case 'session':
      return [null, `through a pooler that keeps each session; server process ${way.pid}`];
    case 'shared':
      return [
        `A pooler in between shares sessions: ${way.why}. Give the target a url that leads to the server itself, or to a pool in session mode with room for ${POOL_ROOM} connections.`,
        '',
      ];
  }
}
