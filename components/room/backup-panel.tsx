'use client';

import type { ReactNode } from 'react';
import { Checklist } from '@/components/ui/checklist';
import { CopyButton } from '@/components/ui/copy-button';
import { Duration } from '@/components/ui/duration';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { MetaFact, MetaFacts } from '@/components/ui/meta-facts';
import { Meter } from '@/components/ui/meter';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import { Time } from '@/components/ui/time';
import type { Tone } from '@/components/ui/tone';
import type { BackupEvidence } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import { formatSize, shortHash } from './format-count';
import { useRoomNow } from './room-clock';

export interface BackupPanelProps {
  room: RollbackRoom;
  backup: BackupEvidence;
  actions: ReactNode;
}

/** A finished backup with the evidence that it is one. */
export function BackupPanel({ room, backup, actions }: BackupPanelProps) {
  const confirmed = backup.state === 'passed';
  const gate = room.gates.steps.find((one) => one.step === 'backup');
  const counts = confirmed && gate?.open === true;
  return (
    <Panel aria-labelledby="backup">
      <PanelHeader
        title={
          <>
            Backup <span className="mono">{backup.label}</span>
          </>
        }
        titleId="backup"
        icon={confirmed ? 'shield' : 'shieldAlert'}
        iconTone={counts ? 'ok' : confirmed ? 'warn' : 'danger'}
        status={
          confirmed ? (
            <>
              <StatusChip tone="ok">Confirmed</StatusChip>
              {counts ? null : <StatusChip tone="warn">Too old to run on</StatusChip>}
            </>
          ) : (
            <StatusChip tone="danger">Not confirmed</StatusChip>
          )
        }
        actions={actions}
      />
      {confirmed && backup.snapshotAt && backup.expiresAt ? (
        <Freshness
          label={backup.label}
          snapshotAt={backup.snapshotAt}
          expiresAt={backup.expiresAt}
        />
      ) : null}
      {confirmed ? <BackupFacts backup={backup} /> : null}
      <Checklist
        label={`Checks of ${backup.label}`}
        className={confirmed ? 'border-t border-line' : undefined}
        items={backup.checks.map((check) => ({
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

/** With less than this left, a run may start but a pause for thought may cost a new backup. */
const SOON_MS = 10 * 60_000;

function Freshness(props: { label: string; snapshotAt: string; expiresAt: string }) {
  const { label, snapshotAt, expiresAt } = props;
  const now = useRoomNow(1_000);
  const whole = Date.parse(expiresAt) - Date.parse(snapshotAt);
  const left = Date.parse(expiresAt) - now;
  const tone: Tone = left <= 0 ? 'danger' : left < SOON_MS ? 'warn' : 'ok';
  const words =
    left > 0
      ? `Fresh for ${formatCoarseDuration(left)}`
      : `Too old for ${formatCoarseDuration(-left)}`;
  return (
    <div className="px-4 pt-4 pb-3">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <p className="text-lg font-semibold tabular-nums">{words}</p>
        <p className="text-sm text-text-2">
          Snapshot <Time value={snapshotAt} dot />
        </p>
      </div>
      <Meter
        label={`Time left of backup ${label}`}
        valueText={words}
        value={Math.max(0, left)}
        max={whole}
        tone={tone}
        fromEnd
        className="my-2"
      />
      <div className="flex flex-wrap justify-between gap-x-4 text-xs text-text-2">
        <span className="tabular-nums">
          Age {formatCoarseDuration(now - Date.parse(snapshotAt))}
        </span>
        <span>
          {left > 0 ? 'Expires' : 'Expired'} <Time value={expiresAt} dot />
        </span>
      </div>
    </div>
  );
}

function BackupFacts({ backup }: { backup: BackupEvidence }) {
  return (
    <div className="px-4 pb-4 text-sm">
      <MetaFacts>
        <MetaFact label="Size">
          <span className="tabular-nums">{formatSize(backup.sizeBytes ?? 0)}</span>
          {backup.databaseBytes ? (
            <span className="text-text-3"> of {formatSize(backup.databaseBytes)}</span>
          ) : null}
        </MetaFact>
        <MetaFact label="Taken with">{backup.toolVersion ?? 'pg_dump'}</MetaFact>
        <MetaFact label="By">{backup.takenBy}</MetaFact>
        <MetaFact label="Manifest">
          <code title={backup.manifestSha256 ?? undefined}>
            {backup.manifestSha256 ? shortHash(backup.manifestSha256) : 'none'}
          </code>
          {backup.manifestSha256 ? (
            <CopyButton text={backup.manifestSha256} what="SHA-256 of the manifest" />
          ) : null}
        </MetaFact>
      </MetaFacts>
      {backup.location ? (
        <MetaFacts className="mt-3 max-md:grid-cols-1!">
          <MetaFact label="Location">
            <code className="wrap-anywhere">{backup.location}</code>
            <CopyButton text={backup.location} what="location of the backup" />
          </MetaFact>
        </MetaFacts>
      ) : null}
    </div>
  );
}
