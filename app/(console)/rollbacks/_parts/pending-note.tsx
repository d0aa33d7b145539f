import { Banner } from '@/components/ui/banner';

/** Who has to do something about the rollbacks below. */
export function PendingNote({ total, decides }: { total: number; decides: boolean }) {
  const waiting = total === 1 ? 'One rollback waits' : `${total} rollbacks wait`;
  if (!decides) {
    return (
      <Banner tone="info" icon="clock" title={`${waiting} for approval`}>
        A reviewer or administrator who did not ask for it decides.
      </Banner>
    );
  }
  return (
    <Banner tone="info" icon="clock" title={`${waiting} for a decision`}>
      Open one, read its evidence, then approve or reject it. Nobody decides what they asked for
      themselves.
    </Banner>
  );
}
