import Link from 'next/link';
import { driftHref } from '@/components/targets/target-links';
import { Ago } from '@/components/ui/ago';
import { StatusChip } from '@/components/ui/status-chip';
import type { TargetSummary } from '@/lib/core/views';

/** Whether the live schema is what the files say, as the last check saw it. */
export function SchemaFact({ summary }: { summary: TargetSummary }) {
  const { drift, checking, name } = summary;
  if (!drift) {
    return (
      <StatusChip tone="dashed" icon="pending" bare>
        {checking ? 'Being compared' : 'Not compared yet'}
      </StatusChip>
    );
  }
  return (
    <>
      <Link href={driftHref(name)} className="rounded-sm hover:underline">
        {drift.state === 'none' ? (
          <StatusChip tone="ok" bare>
            Matches migrations
          </StatusChip>
        ) : drift.state === 'drifted' ? (
          <StatusChip tone="warn" bare>
            Drifted in {drift.objects} {drift.objects === 1 ? 'object' : 'objects'}
          </StatusChip>
        ) : (
          <StatusChip tone="unknown" bare>
            Files don’t replay
          </StatusChip>
        )}
      </Link>
      <p className="text-xs text-text-2">
        {checking ? 'Being compared anew, last' : 'Compared'} <Ago value={drift.checkedAt} />
      </p>
    </>
  );
}
