import Link from 'next/link';
import { statusLook } from '@/components/room/status-look';
import { StatusChip } from '@/components/ui/status-chip';
import type { OpenRollback } from '@/lib/core/views';

/** What is under way on a target: one rollback at a time. */
export function OpenRollbackRow({ rollback }: { rollback: OpenRollback }) {
  const look = statusLook(rollback.status, null, false);
  return (
    <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-t border-accent-line bg-accent-soft px-4 py-1.5 text-sm">
      <Link
        href={`/rollbacks/${rollback.label}`}
        className="link font-mono text-code max-md:-my-2.5 max-md:py-2.5"
      >
        {rollback.label}
      </Link>
      <span className="font-mono text-code">
        {rollback.fromNumber} <span aria-hidden>→</span>
        <span className="sr-only">to</span> {rollback.toNumber}
      </span>
      <StatusChip tone={look.tone} icon={look.busy ? 'play' : look.icon} bare>
        {look.word}
      </StatusChip>
      <span className="ml-auto text-text-2">
        {rollback.requestedBy}
        {rollback.incident ? ` · ${rollback.incident}` : null}
      </span>
    </div>
  );
}
