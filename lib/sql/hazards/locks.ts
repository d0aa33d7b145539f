import type { Hazard } from '@/lib/core/statement';
import { isAtLeast, type TakenLock } from './taken-locks';

/** One hazard for each relation that others cannot write, or not even read, meanwhile. */
export function lockHazards(locks: Iterable<TakenLock>): Hazard[] {
  return [...locks].filter(({ lock }) => isAtLeast(lock, 'SHARE')).map(toHazard);
}

function toHazard({ lock, on, long }: TakenLock): Hazard {
  const what = lock === 'ACCESS EXCLUSIVE' ? 'reads and writes' : 'writes';
  const where = on?.short ?? 'the index’s table';
  const until = long ? 'while the table is worked through' : 'until the step is committed';
  return {
    code: 'blocks_writes',
    severity: long ? 'warn' : 'info',
    label: `Blocks ${what} on ${where}${long ? ' while it reads the table' : ''}`,
    ...(on && { relation: on.qualified }),
    lock,
    detail: `Whoever ${lock === 'ACCESS EXCLUSIVE' ? 'uses' : 'writes to'} ${where} waits ${until}.`,
    safer: long
      ? 'Run it when little is written, and keep the lock timeout short, so that it gives up before others queue behind it.'
      : 'Keep the lock timeout short, so that it gives up before others queue behind it.',
  };
}
