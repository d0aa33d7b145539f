import Link from 'next/link';
import { detailOf, outcomeOf } from '@/components/history/event-look';
import { EventPerson, EventSubject } from '@/components/history/event-table';
import { Panel } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import { Time } from '@/components/ui/time';
import { auditActionLabel } from '@/lib/core/audit-actions';
import type { AuditEntry } from '@/lib/core/views';

/** The newest few acts, with the way to all of them. */
export function LatestEvents({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <div className="mt-6">
      <div className="mb-2 flex items-baseline justify-between">
        <h2>Latest events</h2>
        <Link href="/history" className="link text-sm font-medium max-md:-my-2.5 max-md:py-2.5">
          All history
        </Link>
      </div>
      <Panel>
        <Table label="Latest events" minWidth="52rem">
          <THead>
            <TR>
              <TH>Time, UTC and local</TH>
              <TH>Person</TH>
              <TH>Action</TH>
              <TH>Subject</TH>
              <TH>Target</TH>
              <TH>Outcome</TH>
            </TR>
          </THead>
          <TBody>
            {entries.map((entry) => (
              <EventRow key={entry.seq} entry={entry} />
            ))}
          </TBody>
        </Table>
      </Panel>
    </div>
  );
}

function EventRow({ entry }: { entry: AuditEntry }) {
  const outcome = outcomeOf(entry);
  const detail = detailOf(entry);
  return (
    <TR>
      <TD numeric>
        <Time value={entry.at} format="dayMinute" />
      </TD>
      <TD>
        <EventPerson entry={entry} />
      </TD>
      <TD>
        <span className="flex items-baseline gap-1.5 whitespace-nowrap">
          <span className="font-medium">{auditActionLabel(entry.action)}</span>
          {detail ? (
            <code title={detail} className="mono max-w-44 truncate text-text-2">
              {detail}
            </code>
          ) : null}
        </span>
      </TD>
      <TD>
        <span title={entry.subject ?? undefined} className="block max-w-44 truncate">
          <EventSubject subject={entry.subject} />
        </span>
      </TD>
      <TD className="whitespace-nowrap text-text-2">{entry.target}</TD>
      <TD>
        <StatusChip tone={outcome.tone} bare className="whitespace-nowrap">
          {outcome.word}
        </StatusChip>
      </TD>
    </TR>
  );
}
