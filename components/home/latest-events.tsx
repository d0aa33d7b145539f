import Link from 'next/link';
import { Avatar, SystemAvatar } from '@/components/ui/avatar';
import { Panel } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import { Time } from '@/components/ui/time';
import type { Tone } from '@/components/ui/tone';
import { auditActionLabel } from '@/lib/core/audit-actions';
import type { AuditEntry, AuditOutcome } from '@/lib/core/views';

const OUTCOMES: Record<AuditOutcome, { tone: Tone; word: string }> = {
  done: { tone: 'ok', word: 'Done' },
  refused: { tone: 'danger', word: 'Refused' },
  failed: { tone: 'warn', word: 'Failed' },
  unknown: { tone: 'unknown', word: 'Unknown' },
};

/** The newest few acts, with the way to all of them. */
export function LatestEvents({ entries }: { entries: AuditEntry[] }) {
  return (
    <section aria-labelledby="latest-title" className="mt-6">
      <div className="mb-2 flex items-baseline justify-between">
        <h2 id="latest-title">Latest events</h2>
        <Link href="/history" className="link text-sm font-medium">
          All history
        </Link>
      </div>
      <Panel>
        <Table label="Latest events" minWidth="44rem">
          <THead>
            <TR>
              <TH>Time, UTC and local</TH>
              <TH>Person</TH>
              <TH>Action</TH>
              <TH>Subject</TH>
              <TH>Outcome</TH>
            </TR>
          </THead>
          <TBody>
            {entries.map((entry) => (
              <TR key={entry.seq}>
                <TD numeric>
                  <Time value={entry.at} format="dayMinute" local />
                </TD>
                <TD>
                  <span className="flex items-center gap-2">
                    {entry.actor.role === 'system' ? (
                      <SystemAvatar size="sm" />
                    ) : (
                      <Avatar name={entry.actor.name} size="sm" />
                    )}
                    {entry.actor.name}
                  </span>
                </TD>
                <TD className="font-medium">{auditActionLabel(entry.action)}</TD>
                <TD className="font-mono text-code">
                  {entry.subject?.startsWith('RB-') ? (
                    <Link href={`/rollbacks/${entry.subject}`} className="link">
                      {entry.subject}
                    </Link>
                  ) : (
                    (entry.subject ?? '')
                  )}
                </TD>
                <TD>
                  <StatusChip tone={OUTCOMES[entry.outcome].tone} bare>
                    {OUTCOMES[entry.outcome].word}
                  </StatusChip>
                </TD>
              </TR>
            ))}
          </TBody>
        </Table>
      </Panel>
    </section>
  );
}
