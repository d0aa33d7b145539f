import Link from 'next/link';
import { statusLook } from '@/components/room/status-look';
import { Avatar } from '@/components/ui/avatar';
import { Badge } from '@/components/ui/badge';
import { Icon } from '@/components/ui/icon';
import { StatusChip } from '@/components/ui/status-chip';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import { Time } from '@/components/ui/time';
import type { RollbackLine } from '@/lib/core/views';

/** Rollbacks, newest first; each leads to its room. */
export function RollbackTable({ lines }: { lines: readonly RollbackLine[] }) {
  return (
    <Table label="Rollbacks" minWidth="64rem">
      <THead>
        <TR>
          <TH>Rollback</TH>
          <TH>Target</TH>
          <TH>From, to</TH>
          <TH>Status</TH>
          <TH>Requested by</TH>
          <TH>Reason</TH>
          <TH>Created, UTC and local</TH>
        </TR>
      </THead>
      <TBody>
        {lines.map((line) => (
          <RollbackRow key={line.label} line={line} />
        ))}
      </TBody>
    </Table>
  );
}

function RollbackRow({ line }: { line: RollbackLine }) {
  const look = statusLook(line.status, line.outcome, false);
  return (
    <TR>
      <TD>
        <Link href={`/rollbacks/${line.label}`} className="link mono whitespace-nowrap">
          {line.label}
        </Link>
      </TD>
      <TD>
        <span className="flex items-center gap-2 whitespace-nowrap">
          {line.target}
          <Badge kind={line.environment} />
        </span>
      </TD>
      <TD numeric>
        <span className="mono inline-flex items-center gap-1.5">
          {line.fromNumber}
          <Icon name="arrowRight" size={14} label="to" className="text-text-3" />
          {line.toNumber}
        </span>
      </TD>
      <TD>
        <StatusChip tone={look.tone} icon={look.busy ? 'play' : look.icon}>
          {look.word}
        </StatusChip>
        {isUnderWay(line) ? (
          <span className="mt-0.5 block text-xs whitespace-nowrap text-text-2 tabular-nums">
            {line.stepsDone} of {line.stepsTotal} steps done
          </span>
        ) : null}
      </TD>
      <TD>
        <span className="flex items-center gap-2 whitespace-nowrap">
          <Avatar name={line.requestedBy} size="sm" />
          {line.requestedBy}
        </span>
      </TD>
      <TD className="max-w-80 min-w-48">
        <span className="line-clamp-2 wrap-anywhere" title={line.reason}>
          {line.reason}
        </span>
        {line.incident ? (
          <span className="mono block truncate text-text-2" title={line.incident}>
            {line.incident}
          </span>
        ) : null}
      </TD>
      <TD numeric>
        <Time value={line.createdAt} format="dayMinute" zone={false} />
      </TD>
    </TR>
  );
}

/** Where a run is, or where it was left. */
function isUnderWay(line: RollbackLine): boolean {
  return ['running', 'stopped', 'unknown'].includes(line.status);
}
