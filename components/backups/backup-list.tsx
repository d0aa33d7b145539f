'use client';

import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { RefreshOnChange } from '@/components/live/refresh-on-change';
import { RoomClock } from '@/components/room/room-clock';
import { ButtonLink } from '@/components/ui/button-link';
import { EmptyState } from '@/components/ui/empty-state';
import { FilterSelect } from '@/components/ui/filter-select';
import { Panel, PanelFooter } from '@/components/ui/panel';
import { SegmentedControl } from '@/components/ui/segmented-control';
import type { BackupsPage } from '@/lib/core/backup-views';
import { BackupTable } from './backup-table';
import { BACKUP_SHOWS, type BackupShow, isBusy, selectBackups, targetsOf } from './select-backups';
import { TargetBackups } from './target-backups';

const SHOW_LABELS: Record<BackupShow, string> = {
  kept: 'Kept',
  pruned: 'Pruned',
  all: 'All',
};

/** The backups of all targets, with what can be done for each target. Filters are in the address. */
export function BackupList({ page }: { page: BackupsPage }) {
  const [show, setShow] = useQueryState(
    'show',
    parseAsStringLiteral(BACKUP_SHOWS).withDefault('kept'),
  );
  const [target, setTarget] = useQueryState('target', parseAsString);
  const { backups, targets, more } = page;
  const ofTarget = selectBackups(backups, { target, show: 'all' });
  const lines = selectBackups(backups, { target, show });
  return (
    <RoomClock now={page.now}>
      <RefreshOnChange address="/api/backups/events" busy={backups.some(isBusy)} />
      <div className="flex flex-col gap-4">
        <TargetBackups page={page} />
        <section aria-label="All backups" className="flex flex-col gap-3">
          <search aria-label="Filter backups" className="flex flex-wrap items-center gap-2">
            <SegmentedControl<BackupShow>
              label="Which backups"
              value={show}
              onValueChange={(value) => void setShow(value === 'kept' ? null : value)}
              options={BACKUP_SHOWS.map((value) => ({
                value,
                label: SHOW_LABELS[value],
                count: selectBackups(ofTarget, { target: null, show: value }).length,
              }))}
            />
            <FilterSelect
              label="Target"
              options={targetsOf(backups, targets).map((name) => ({ value: name, label: name }))}
              value={target}
              onValueChange={(value) => void setTarget(value)}
            />
          </search>
          <Panel>
            {lines.length > 0 ? (
              <BackupTable lines={lines} />
            ) : (
              <NoBackups show={show} target={target} any={backups.length > 0} />
            )}
            {more ? (
              <PanelFooter className="text-text-2">
                The newest {backups.length.toLocaleString('en-US')} are listed. Older ones are found
                by the address that their rollback or the history gives.
              </PanelFooter>
            ) : null}
          </Panel>
        </section>
      </div>
    </RoomClock>
  );
}

function NoBackups(props: { show: BackupShow; target: string | null; any: boolean }) {
  const { show, target, any } = props;
  if (show === 'pruned') {
    return (
      <EmptyState
        icon="archive"
        title={target ? `None of ${target} was pruned` : 'None was pruned'}
      >
        A backup comes here when the retention has removed its bytes. What was known of it stays.
      </EmptyState>
    );
  }
  if (any && target !== null) {
    return (
      <EmptyState
        icon="search"
        title={`No backup of ${target}`}
        action={<ButtonLink href="/backups">Show all targets</ButtonLink>}
      >
        Take one above, or look whether the name is right.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="archive" title="No backup yet">
      Take the first one above. Backstep dumps the database, stores the checksum of every file, and
      reads all of it back; then it can be restored to test it.
    </EmptyState>
  );
}
