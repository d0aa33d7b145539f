'use client';

import type { ReactNode } from 'react';
import { AlertDialog } from '@/components/ui/alert-dialog';
import { Icon, type IconName } from '@/components/ui/icon';
import type { RestoreAction } from '@/lib/core/restore-gates';
import type { RestoreRoom } from '@/lib/core/restore-views';
import type { Acting } from './restore-acting';
import { purposeOf } from './session-words';
import { useSurroundings } from './use-surroundings';
import { namesOf, WAY_WORDS } from './way-words';
import { WhoIsEnded } from './who-is-ended';

/** Actions that are asked for once more before they are done. */
export type AskedAction = Extract<
  RestoreAction,
  | 'start_restore'
  | 'start_swap'
  | 'swap_back'
  | 'drop_former'
  | 'cancel_restore'
  | 'release_restore_fence'
>;

export interface RestoreDialogProps {
  room: RestoreRoom;
  acting: Acting;
  action: AskedAction | null;
  onClose: () => void;
}

interface Words {
  title: string;
  description: string;
  confirm: string;
  pending: string;
  keep: string;
  /** What is typed before it, if anything. */
  typed: string | null;
  lines: [icon: IconName, text: ReactNode][];
}

/** Asks before something that clients of the target feel, or that can't be taken back. */
export function RestoreDialog({ room, acting, action, onClose }: RestoreDialogProps) {
  if (action === null) return null;
  return <Asked room={room} acting={acting} action={action} onClose={onClose} />;
}

/** Mounted with the question, so that who is connected is asked as long as it stands. */
function Asked({ room, acting, action, onClose }: RestoreDialogProps & { action: AskedAction }) {
  const verdict = room.gates.actions[action];
  // Of a swap that is over by now, another tab has asked: who is on what serves since is no matter.
  const swaps = verdict.allowed && (action === 'start_swap' || action === 'swap_back');
  const { data: surroundings, error } = useSurroundings(room.label, swaps);
  const words = wordsFor(action, room);
  const expected = words.typed ?? undefined;

  async function confirm(asked: AskedAction) {
    const more = {
      ...(expected === undefined ? {} : { confirm: expected }),
      ...(asked === 'start_swap' ? { digest: room.digest } : {}),
    };
    if (await acting.perform(asked, more)) onClose();
  }

  return (
    <AlertDialog
      open
      onOpenChange={(open) => {
        if (open) return;
        acting.dismiss();
        onClose();
      }}
      title={words.title}
      description={words.description}
      expected={expected}
      expectedPurpose={
        swaps ? purposeOf(surroundings, action === 'start_swap' ? 'swap' : 'swap back') : undefined
      }
      confirmLabel={words.confirm}
      pendingLabel={words.pending}
      cancelLabel={words.keep}
      pending={acting.pending === action}
      disabledReason={
        verdict.allowed || acting.pending === action ? null : (verdict.reason ?? null)
      }
      error={acting.failure?.action === action ? acting.failure.message : undefined}
      onConfirm={() => void confirm(action)}
    >
      <ul className="flex flex-col gap-2 text-sm">
        {swaps ? <WhoIsEnded surroundings={surroundings} error={error} way={room.way} /> : null}
        {words.lines.map(([icon, text]) => (
          <li key={icon} className="flex gap-2">
            <Icon name={icon} className="mt-0.5 text-text-3" />
            <span className="min-w-0 wrap-anywhere">{text}</span>
          </li>
        ))}
      </ul>
    </AlertDialog>
  );
}

function wordsFor(action: AskedAction, room: RestoreRoom): Words {
  const { target, databases, backup, way } = room;
  const { restored, former, typed } = namesOf(room);
  const inPlace = way === 'in_place';
  const { makes, start, thing } = WAY_WORDS[way];
  const back = room.status === 'swapped_back';
  switch (action) {
    case 'start_restore':
      return {
        title: inPlace
          ? `Restore ${backup.label} into new schemas of ${databases.present}?`
          : `Restore ${backup.label} beside ${databases.present}?`,
        description: `This only makes ${makes}. Clients of the target notice nothing.`,
        confirm: start,
        pending: 'Asking for the restore',
        keep: 'Not now',
        typed: target.name,
        lines: [
          inPlace
            ? [
                'database',
                'One transaction, in which the database takes about as much disk again. VACUUM can’t clean up behind it until it ends.',
              ]
            : ['database', 'It takes about as much disk on the same server as the present one.'],
          ['swap', 'The swap is asked for again, after the approvals of the policy.'],
        ],
      };
    case 'start_swap':
      return {
        title: `Swap ${backup.label} in on ${target.name}?`,
        description: inPlace
          ? `Every session of ${databases.present} is ended, and clients find the restored schemas under their names from then on.`
          : `Every session of ${databases.present} is ended, and clients connect to the restored database from then on.`,
        confirm: `Swap on ${target.name}`,
        pending: 'Asking for the swap',
        keep: 'Not now',
        typed: target.name,
        lines: [
          [
            'users',
            inPlace
              ? 'All tables are locked for a moment: who connects meanwhile waits. What clients have not committed is lost.'
              : 'Nobody is let in for a moment; what clients have not committed is lost.',
          ],
          [
            'archive',
            inPlace
              ? `The present schemas stay as ${former}, and can be swapped back. ${room.safety?.backup ?? 'A backup'} has them as well.`
              : `The present database stays as ${former}, and can be swapped back.`,
          ],
          ['loss', `What was written since ${backup.label} is only in ${former}.`],
        ],
      };
    case 'swap_back':
      return {
        title: `Bring the former ${thing} of ${target.name} back?`,
        description: inPlace
          ? `Every session of ${databases.present} is ended, and ${former} get their names again.`
          : `Every session of ${databases.present} is ended, and ${former} gets its name again.`,
        confirm: 'Swap back',
        pending: 'Asking for the swap back',
        keep: inPlace ? 'Keep the restored ones' : 'Keep the restored one',
        typed: target.name,
        lines: [['archive', `What was written since the swap stays in ${restored}.`]],
      };
    case 'drop_former':
      return {
        title: `Drop ${back ? restored : former}?`,
        description: inPlace
          ? 'They are gone for good, with everything that is only in them.'
          : 'It is gone for good, with everything that is only in it.',
        confirm: inPlace ? 'Drop these schemas' : `Drop ${back ? restored : former}`,
        pending: 'Asking for the drop',
        keep: inPlace ? 'Keep them' : 'Keep it',
        // In place, what all of their names end in.
        typed: back ? typed.restored : typed.former,
        lines: [['danger', 'There is no swap back after that.']],
      };
    case 'cancel_restore':
      return {
        title: `Cancel ${room.label}?`,
        description: `The present ${thing} ${inPlace ? 'have' : 'has'} not been touched.`,
        confirm: 'Cancel restore',
        pending: 'Cancelling',
        keep: 'Keep it',
        typed: null,
        lines: (inPlace ? room.schemas : databases.restored)
          ? [['trash', `${restored} ${inPlace ? 'are' : 'is'} dropped. The backup stays.`]]
          : [['archive', 'The backup stays.']],
      };
    case 'release_restore_fence':
      return {
        title: `Release the fence on ${target.name}?`,
        description: `Newer images can migrate the restored ${thing}.`,
        confirm: 'Release fence',
        pending: 'Releasing',
        keep: 'Keep the fence',
        typed: null,
        lines: [
          [
            'warn',
            `Any instance whose image has migrations newer than ${backup.headTag ?? 'the restored head'} applies them when it starts.`,
          ],
        ],
      };
  }
}
