'use client';

import { AlertDialog } from '@/components/ui/alert-dialog';
import { Icon } from '@/components/ui/icon';
import type { Blocker } from '@/lib/core/events';
import type { Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { BlockerFacts } from './blocker-facts';
import { aged, stillBlocks, terminationConsequences } from './blocker-words';
import { useRoomActions } from './room-actions';
import { useRoomNow } from './room-clock';

export interface TerminateDialogProps {
  room: Pick<RollbackRoom, 'gates'>;
  timeline: Timeline;
  /** The session that is meant, as it was when somebody pressed the button; null: nobody asks. */
  blocker: Blocker | null;
  onClose: () => void;
}

/**
 * The question before a session is ended. It stays while somebody reads it, also when the session
 * goes away by itself meanwhile: then it says so.
 */
export function TerminateDialog({ room, timeline, blocker, onClose }: TerminateDialogProps) {
  const actions = useRoomActions();
  const now = useRoomNow(1_000);
  if (!blocker) return null;
  const { pid, backendStart } = blocker;
  // Without the time of its beginning a pid may by now be somebody else's.
  if (!backendStart) return null;
  const verdict = room.gates.actions.terminate_blocker;
  const pending = actions.pending === 'terminate_blocker';
  const reason = !verdict.allowed
    ? (verdict.reason ?? 'Not possible now.')
    : stillBlocks(timeline, blocker)
      ? null
      : 'The run does not wait for this session any more.';

  const seen = timeline.steps.find(({ before }) =>
    before?.blockers.some((one) => one.pid === pid && one.backendStart === backendStart),
  )?.before;
  const last = seen?.blockers.find((one) => one.pid === pid) ?? blocker;
  const present = aged(last, seen?.at ?? null, now);

  async function terminate(session: { pid: number; backendStart: string }) {
    if (await actions.perform('terminate_blocker', session)) onClose();
  }

  return (
    <AlertDialog
      open
      onOpenChange={(next) => {
        actions.dismiss();
        if (!next) onClose();
      }}
      title={`Terminate session ${pid}?`}
      description={`${blocker.applicationName || 'A session without a name'}, signed in as ${blocker.user || 'an unknown user'}, loses its connection to the database.`}
      confirmLabel="Terminate blocker"
      cancelLabel="Keep waiting"
      pendingLabel="Asking"
      tone="danger"
      disabledReason={pending ? null : reason}
      pending={pending}
      error={actions.failure?.action === 'terminate_blocker' ? actions.failure.message : undefined}
      onConfirm={() => void terminate({ pid, backendStart })}
    >
      <div className="-mx-3">
        <BlockerFacts blocker={present} />
      </div>
      <ul className="mt-1 flex flex-col gap-2 text-sm">
        {terminationConsequences(present).map(([icon, text]) => (
          <li key={icon} className="flex gap-2">
            <Icon name={icon} className="mt-0.5 text-text-3" />
            <span className="min-w-0 wrap-anywhere">{text}</span>
          </li>
        ))}
      </ul>
    </AlertDialog>
  );
}
