import Link from 'next/link';
import { RoomAgo } from '@/components/room/room-clock';
import { Banner } from '@/components/ui/banner';
import { Button } from '@/components/ui/button';
import type { RestoreRoom } from '@/lib/core/restore-views';
import { nextAct } from './next-act';
import type { Acting } from './restore-acting';

/** Of a restore in place: the backup of the present state, without which there is no swap. */
export function SafetyPanel({ room, acting }: { room: RestoreRoom; acting: Acting }) {
  const { safety, gates } = room;
  const verdict = gates.actions.take_safety_backup;
  if (!safety || !BEFORE_SWAP.has(room.status)) return null;
  const offered =
    verdict.allowed && safety.problem !== null && nextAct(room) !== 'take_safety_backup';
  const failed = acting.failure?.action === 'take_safety_backup' ? acting.failure.message : null;
  return (
    <Banner
      tone={safety.problem === null ? 'ok' : safety.taking ? 'info' : 'warn'}
      icon={safety.taking ? 'clock' : undefined}
      role="status"
      title={
        safety.problem === null
          ? 'The present state is backed up'
          : safety.taking
            ? 'The present state is being backed up'
            : 'The swap needs a backup of the present state first'
      }
      action={
        offered ? (
          <Button
            pending={acting.pending === 'take_safety_backup'}
            pendingLabel="Asking for the backup"
            onClick={() => void acting.perform('take_safety_backup')}
          >
            Back up present state
          </Button>
        ) : null
      }
    >
      {safety.problem ?? 'It is what is left should anything go wrong in the one database.'}{' '}
      {safety.backup ? (
        <>
          <Link href={`/backups/${safety.backup}`} className="link mono">
            {safety.backup}
          </Link>
          {safety.snapshotAt ? (
            <>
              , snapshot <RoomAgo value={safety.snapshotAt} />
            </>
          ) : null}
          .
        </>
      ) : null}
      {failed ? (
        <span role="alert" className="block text-danger-text">
          {failed}
        </span>
      ) : null}
    </Banner>
  );
}

const BEFORE_SWAP: ReadonlySet<RestoreRoom['status']> = new Set([
  'draft',
  'restoring',
  'failed',
  'restored',
  'awaiting_approval',
  'approved',
]);
