import type { Outcome } from '@/lib/core/rollback';

/** The words for an end between two steps. */
export function stoppedEnd(
  done: number,
  total: number,
): { status: 'stopped'; outcome: Outcome; done: number; total: number } {
  return {
    status: 'stopped',
    outcome: done === 0 ? 'nothing_changed' : 'stopped_clean',
    done,
    total,
  };
}
