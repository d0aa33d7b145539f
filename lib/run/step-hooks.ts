import { rescueBefore } from '@/lib/rescue';
import type { UndoHooks } from '@/lib/undo';
import { watchLocks } from './lock-watch';
import type { KeptCopy } from './record-rescues';
import type { Running } from './running';

/** Where an attempt is, for what is told of its locks. */
export interface At {
  position: number;
  index: number | null;
}

/** Tells the timeline what goes on in a step, and copies what its statements destroy where that is asked for. */
export function stepHooks(run: Running, at: At, kept: KeptCopy[]): UndoHooks {
  const { record } = run;
  const { position } = at;
  const { plan } = run.facts.row;
  const rescue = run.rescues ? rescuing(run, position, kept) : undefined;
  return {
    beforeStatement: async (client, statement) => {
      // A cancel that came between two statements has hit none.
      run.assertMayGoOn();
      await rescue?.(client, statement);
    },
    statementStarted: (index) => {
      at.index = index;
      record.emit('statement.started', { position, index });
    },
    statementFinished: (index, durationMs, rows) =>
      record.emit('statement.finished', { position, index, durationMs, rows }),
    settingsReset: (names) => record.emit('setting.reset', { position, names }),
    trackingRemoved: (row, byScript) =>
      record.emit('tracking.removed', { position, rowId: row.id, hash: row.hash, byScript }),
    fenceRaised: () => record.emit('fence.raised', { position, headTag: plan.to.tag }),
  };
}

function rescuing(
  run: Running,
  position: number,
  kept: KeptCopy[],
): NonNullable<UndoHooks['beforeStatement']> {
  const { plan } = run.facts.row;
  return async (client, statement) => {
    const copies = await rescueBefore(client, {
      rollback: run.label,
      position,
      statement,
      earlier: () =>
        plan.steps.flatMap(({ position: of, statements }) =>
          statements.filter(
            ({ index }) => of < position || (of === position && index < statement.index),
          ),
        ),
      tracking: plan.tracking,
      limitBytes: run.facts.target.policy.rescue_max_mb * 1024 * 1024,
      notRescued: (message) =>
        run.record.emit('rescue.missed', { position, index: statement.index, message }),
    });
    for (const copy of copies) {
      // A copy that goes on is told again, with all that it holds by now.
      const begun = kept.find((known) => known.copy === copy.copy);
      if (begun) Object.assign(begun, copy);
      else kept.push({ ...copy, position, statementIndex: statement.index });
      run.record.emit('rescue.copied', {
        position,
        index: statement.index,
        subject: copy.subject,
        copy: copy.copy,
        rows: copy.rows,
        bytes: copy.bytes,
      });
    }
  };
}

/** Does work on the target while its locks are watched. */
export async function watched<T>(run: Running, at: At, work: () => Promise<T>): Promise<T> {
  const endWatch = watchLocks(run.session, (blockers, queued) =>
    run.record.emit('lock.waiting', {
      position: at.position,
      index: at.index,
      blockers,
      queued,
    }),
  );
  try {
    return await work();
  } finally {
    endWatch();
  }
}
