'use client';

import Link from 'next/link';
import type { ReactNode } from 'react';
import { AttestationFacts } from '@/components/backups/attestation-facts';
import { backupHref } from '@/components/backups/backup-links';
import { METHOD_LABELS, proofLook } from '@/components/backups/backup-words';
import { LevelCompare } from '@/components/backups/level-compare';
import { ProofChip } from '@/components/backups/proof-chip';
import { Checklist } from '@/components/ui/checklist';
import { CopyButton } from '@/components/ui/copy-button';
import { Duration } from '@/components/ui/duration';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { Icon } from '@/components/ui/icon';
import { MetaFact, MetaFacts } from '@/components/ui/meta-facts';
import { Meter } from '@/components/ui/meter';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import { Time } from '@/components/ui/time';
import type { Tone } from '@/components/ui/tone';
import type { BackupEvidence } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import { ConfirmBackupButton } from './backup-buttons';
import { formatSize, shortHash } from './format-count';
import { useRoomNow } from './room-clock';

export interface BackupPanelProps {
  room: RollbackRoom;
  backup: BackupEvidence;
  actions: ReactNode;
}

/** A finished backup with the evidence that it is one, and what the policy wants beside what is known. */
export function BackupPanel({ room, backup, actions }: BackupPanelProps) {
  const confirmed = backup.state === 'passed';
  const gate = room.gates.steps.find((one) => one.step === 'backup');
  const counts = confirmed && gate?.open === true;
  const { policy } = room;
  const toBeConfirmed =
    backup.method === 'attested' && policy.backup.second_person && !backup.attestation?.confirmedBy;
  const look = proofLook({
    ...backup,
    levelWanted: policy.backup.level,
    toBeConfirmed,
    pruned: backup.prunedAt !== null,
  });
  return (
    <Panel aria-labelledby="backup">
      <PanelHeader
        title={
          <>
            Backup{' '}
            <Link href={backupHref(backup.label)} className="mono hover:underline">
              {backup.label}
            </Link>
          </>
        }
        titleId="backup"
        icon={confirmed ? 'shield' : 'shieldAlert'}
        iconTone={counts ? 'ok' : confirmed ? 'warn' : 'danger'}
        status={
          <>
            {confirmed && backup.method === 'pg_dump' ? (
              <StatusChip tone="ok">Confirmed</StatusChip>
            ) : null}
            <ProofChip look={look} />
          </>
        }
        actions={
          <>
            {confirmed && toBeConfirmed ? <ConfirmBackupButton room={room} /> : null}
            {actions}
          </>
        }
      />
      {confirmed && backup.snapshotAt && backup.expiresAt && !backup.prunedAt ? (
        <Freshness
          label={backup.label}
          snapshotAt={backup.snapshotAt}
          expiresAt={backup.expiresAt}
        />
      ) : null}
      {confirmed ? (
        <div className="flex flex-col gap-3 px-4 pt-1 pb-4 text-sm">
          <LevelCompare
            wanted={policy.backup.level}
            reached={backup.level}
            toBeConfirmed={toBeConfirmed}
          />
          {gate?.open === false && gate.state !== 'working' && gate.reason ? (
            <p className="flex items-start gap-2 text-warn-text">
              <Icon name="warn" className="mt-0.5" />
              <span className="min-w-0 wrap-anywhere">{gate.reason}</span>
            </p>
          ) : null}
          {backup.attestation ? (
            <AttestationFacts
              attestation={backup.attestation}
              takenBy={backup.takenBy}
              toBeConfirmed={toBeConfirmed}
            />
          ) : (
            <BackupFacts backup={backup} />
          )}
        </div>
      ) : null}
      {backup.checks.length > 0 ? (
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
      ) : null}
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
    <>
      <MetaFacts>
        <MetaFact label="Size">
          <span className="tabular-nums">
            {backup.sizeBytes === null ? 'Not known' : formatSize(backup.sizeBytes)}
          </span>
          {backup.databaseBytes ? (
            <span className="text-text-3"> of {formatSize(backup.databaseBytes)}</span>
          ) : null}
        </MetaFact>
        <MetaFact label="Taken with">
          {backup.toolVersion ?? METHOD_LABELS[backup.method]}
          {backup.encrypted ? ', encrypted' : null}
        </MetaFact>
        <MetaFact label="By">{backup.takenBy}</MetaFact>
        {backup.manifestSha256 ? (
          <MetaFact label="Manifest">
            <code title={backup.manifestSha256}>{shortHash(backup.manifestSha256)}</code>
            <CopyButton text={backup.manifestSha256} what="SHA-256 of the manifest" />
          </MetaFact>
        ) : null}
      </MetaFacts>
      {backup.location ? (
        <MetaFacts className="max-md:grid-cols-1!">
          <MetaFact label="Location">
            <code className="wrap-anywhere">{backup.location}</code>
            <CopyButton text={backup.location} what="location of the backup" />
          </MetaFact>
        </MetaFacts>
      ) : null}
    </>
  );
}
