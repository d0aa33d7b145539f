'use client';

import Link from 'next/link';
import { RefreshOnChange } from '@/components/live/refresh-on-change';
import { formatSize } from '@/components/room/format-count';
import { RestorePanel } from '@/components/room/restore-panel';
import { RoomAgo, RoomClock, RoomElapsed } from '@/components/room/room-clock';
import { Banner } from '@/components/ui/banner';
import { Breakable } from '@/components/ui/breakable';
import { Checklist } from '@/components/ui/checklist';
import { CopyButton } from '@/components/ui/copy-button';
import { Disclosure } from '@/components/ui/disclosure';
import { Duration } from '@/components/ui/duration';
import { MetaFact, MetaFacts } from '@/components/ui/meta-facts';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { Time } from '@/components/ui/time';
import type { BackupPage } from '@/lib/core/backup-views';
import { AttestationFacts } from './attestation-facts';
import { BackupPageActions } from './backup-page-actions';
import { BackupProgressBar } from './backup-progress-bar';
import { METHOD_LABELS } from './backup-words';
import { LevelCompare } from './level-compare';
import { ManifestPanel } from './manifest-panel';
import { isBusy } from './select-backups';
import { TestRestorePanel } from './test-restore-panel';

export interface BackupPageViewProps {
  page: BackupPage;
  /** host:port/database of the target; null when it has left the configuration. */
  address: string | null;
}

/** One backup: what it is, what was checked, what it did when it was restored. */
export function BackupPageView({ page, address }: BackupPageViewProps) {
  const { backup, testRestores } = page;
  const [newest, ...older] = testRestores;
  return (
    <RoomClock now={page.now}>
      <RefreshOnChange
        address={`/api/backups/events?backup=${backup.label}`}
        busy={isBusy(backup)}
      />
      <div className="flex flex-col gap-3">
        <BackupPageActions backup={backup} />
        <Ending page={page} />
        <Facts page={page} />
        {newest ? <TestRestorePanel label={backup.label} test={newest} /> : null}
        {older.length > 0 ? (
          <Disclosure
            look="panel"
            summary={`Earlier test restores (${older.length.toLocaleString('en-US')})`}
          >
            <div className="flex flex-col gap-3">
              {older.map((test) => (
                <TestRestorePanel key={test.id} label={backup.label} test={test} />
              ))}
            </div>
          </Disclosure>
        ) : null}
        <Checks page={page} />
        {page.manifest ? <ManifestPanel page={page} manifest={page.manifest} /> : null}
        <CommandLine page={page} address={address} />
      </div>
    </RoomClock>
  );
}

/** Why it is no backup, or none any more. */
function Ending({ page: { backup } }: { page: BackupPage }) {
  if (backup.pruned) {
    return (
      <Banner tone="neutral" icon="minusCircle" title="Pruned: its bytes are gone">
        <Time value={backup.pruned.at} format="dayMinute" dot />. {backup.pruned.reason} What was
        known of it stays here.
      </Banner>
    );
  }
  if (backup.state !== 'failed' && backup.state !== 'interrupted') return null;
  const failed = backup.state === 'failed';
  return (
    <Banner
      tone={failed ? 'danger' : 'warn'}
      role={failed ? 'alert' : 'status'}
      title={failed ? 'This is not a confirmed backup' : 'It was interrupted'}
    >
      {backup.error ?? 'No reason was recorded.'}
      <p className="mt-1">
        The target was only read. What was written does not count as a backup
        {backup.location ? (
          <>
            {' '}
            and is kept at <code className="wrap-anywhere">{backup.location}</code>
          </>
        ) : null}
        .
      </p>
    </Banner>
  );
}

function Facts({ page: { backup, encrypted } }: { page: BackupPage }) {
  const busy = backup.state === 'queued' || backup.state === 'running';
  return (
    <Panel aria-labelledby="backup-facts">
      <PanelHeader
        title="What it is"
        titleId="backup-facts"
        detail={
          busy ? (
            <>
              {backup.startedAt ? 'Being taken' : 'Waiting for the executor'} for{' '}
              <RoomElapsed since={backup.startedAt ?? backup.queuedAt} />
            </>
          ) : backup.snapshotAt ? (
            <>
              Taken <RoomAgo value={backup.snapshotAt} />; what was written since is not in it
            </>
          ) : undefined
        }
      />
      <PanelBody className="flex flex-col gap-4 text-sm">
        {busy ? <BackupProgressBar label={backup.label} progress={backup.progress} /> : null}
        {busy ? null : (
          <LevelCompare
            wanted={backup.levelWanted}
            reached={backup.level}
            toBeConfirmed={backup.toBeConfirmed}
          />
        )}
        {backup.attestation ? (
          <AttestationFacts
            attestation={backup.attestation}
            takenBy={backup.takenBy.name}
            toBeConfirmed={backup.toBeConfirmed}
          />
        ) : (
          <MetaFacts>
            <MetaFact label="Taken at" className="max-md:col-span-2">
              {backup.snapshotAt ? (
                <Time value={backup.snapshotAt} format="dayMinute" dot />
              ) : (
                'No snapshot yet'
              )}
            </MetaFact>
            <MetaFact label="Method">{METHOD_LABELS[backup.method]}</MetaFact>
            <MetaFact label="Asked for by">{backup.takenBy.name}</MetaFact>
            <MetaFact label="Size">
              <span className="tabular-nums">
                {backup.sizeBytes === null ? 'Not known' : formatSize(backup.sizeBytes)}
              </span>
              {backup.databaseBytes ? (
                <span className="text-text-3"> of {formatSize(backup.databaseBytes)}</span>
              ) : null}
            </MetaFact>
            {backup.head ? (
              <MetaFact label="Head migration" className="max-md:col-span-2">
                <code className="wrap-anywhere">
                  <Breakable text={backup.head} />
                </code>
              </MetaFact>
            ) : null}
          </MetaFacts>
        )}
        <MetaFacts className="max-md:grid-cols-1!">
          {backup.rollback ? (
            <MetaFact label="Taken for">
              <Link href={`/rollbacks/${backup.rollback}`} className="link">
                {backup.rollback}
              </Link>
            </MetaFact>
          ) : null}
          {backup.retention ? (
            <MetaFact
              label={backup.retention.prune ? 'Goes with the next pruning' : 'Kept because'}
            >
              {backup.retention.reason}
            </MetaFact>
          ) : null}
          {backup.location && !backup.attestation ? (
            <MetaFact label={encrypted ? 'Location, encrypted' : 'Location'}>
              <code className="wrap-anywhere">{backup.location}</code>
              <CopyButton text={backup.location} what="location of the backup" />
            </MetaFact>
          ) : null}
        </MetaFacts>
        <p>
          <Link
            href={`/history?subject=${encodeURIComponent(backup.rollback ?? backup.label)}`}
            className="link"
          >
            History of {backup.rollback ?? backup.label}
          </Link>
        </p>
      </PanelBody>
    </Panel>
  );
}

function Checks({ page: { backup, checks } }: { page: BackupPage }) {
  if (checks.length === 0) return null;
  const passed = checks.filter(({ ok }) => ok).length;
  return (
    <Panel aria-labelledby="backup-checks">
      <PanelHeader
        title="Checks when it was taken"
        titleId="backup-checks"
        detail={`${passed} of ${checks.length} passed`}
      />
      <Checklist
        label={`Checks of ${backup.label}`}
        items={checks.map((check) => ({
          id: check.name,
          tone: check.ok ? 'ok' : 'danger',
          name: check.name,
          evidence: check.evidence,
          result: check.ok ? 'Passed' : 'Failed',
          duration: <Duration milliseconds={check.durationMs} />,
        }))}
      />
    </Panel>
  );
}

/** Only for a dump that pg_restore can read where it lies. */
function CommandLine({ page: { backup, encrypted }, address }: BackupPageViewProps) {
  const { location, method, state, pruned } = backup;
  const readable = method === 'pg_dump' && state === 'passed' && pruned === null && !encrypted;
  if (!readable || !address || !location?.startsWith('/')) return null;
  return <RestorePanel address={address} backup={{ label: backup.label, location }} />;
}
