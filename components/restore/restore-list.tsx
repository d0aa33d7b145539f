import Link from 'next/link';
import { RefreshOnChange } from '@/components/live/refresh-on-change';
import { Ago } from '@/components/ui/ago';
import { Badge } from '@/components/ui/badge';
import { EmptyState } from '@/components/ui/empty-state';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import { Time } from '@/components/ui/time';
import type { RestoreLine } from '@/lib/core/restore-views';
import { isUnderWay, restoreLook } from './restore-look';

/** Every emergency restore so far, newest first. */
export function RestoreList({ lines }: { lines: readonly RestoreLine[] }) {
  return (
    <Panel aria-labelledby="restores">
      <RefreshOnChange
        address="/api/restores/events"
        busy={lines.some(({ status }) => isUnderWay(status))}
      />
      <PanelHeader title="Restores so far" titleId="restores" />
      {lines.length === 0 ? (
        <EmptyState title="No emergency restore yet" icon="archive">
          One begins above, or from the page of a backup. Until the swap, clients notice nothing.
        </EmptyState>
      ) : (
        <Table label="Emergency restores" minWidth="44rem">
          <THead>
            <TR>
              <TH>Restore</TH>
              <TH>Target</TH>
              <TH>Backup</TH>
              <TH>State</TH>
              <TH>Requested</TH>
            </TR>
          </THead>
          <TBody>
            {lines.map((line) => {
              const look = restoreLook(line.status);
              return (
                <TR key={line.label}>
                  <TD>
                    <Link href={`/restore/${line.label}`} className="link mono whitespace-nowrap">
                      {line.label}
                    </Link>
                    {line.incident ? (
                      <span className="block text-xs text-text-3">{line.incident}</span>
                    ) : null}
                  </TD>
                  <TD>
                    {line.target} <Badge kind={line.environment} />
                  </TD>
                  <TD>
                    <Link href={`/backups/${line.backup}`} className="link mono">
                      {line.backup}
                    </Link>
                    {line.way === 'in_place' ? (
                      <span className="block text-xs text-text-3">in place</span>
                    ) : null}
                  </TD>
                  <TD>
                    <StatusChip tone={look.tone} icon={look.icon} busy={look.busy}>
                      {look.word}
                    </StatusChip>
                    <span className="mt-0.5 block text-xs text-text-3">
                      <Ago value={line.lastEventAt} />
                    </span>
                  </TD>
                  <TD>
                    {line.requestedBy}
                    <span className="block text-xs text-text-3">
                      <Time value={line.createdAt} format="dayMinute" dot />
                    </span>
                  </TD>
                </TR>
              );
            })}
          </TBody>
        </Table>
      )}
    </Panel>
  );
}
