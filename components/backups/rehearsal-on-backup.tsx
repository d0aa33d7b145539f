'use client';

import { tinyHash } from '@/components/room/format-count';
import { RoomAgo } from '@/components/room/room-clock';
import { StatementErrorText } from '@/components/room/statement-error';
import { Banner } from '@/components/ui/banner';
import { formatDuration } from '@/components/ui/duration-format';
import type { BackupRehearsal } from '@/lib/core/backup';
import { allPassed, chainMs, failedStep, isServerFault, remedyFor } from './rehearsal-words';
import { RehearsedSteps, type StatementLine } from './rehearsed-steps';

export interface RehearsalOnBackupProps {
  /** Of the backup. */
  label: string;
  rehearsal: BackupRehearsal;
  /** When the test restore had ended. */
  restoredAt: string | null;
  /** Number of the migration that the chain ends at, where the page knows it. */
  endsAt?: string;
  statementLine?: StatementLine;
}

/** The planned chain on real data: how long it took, or the line where it failed and what mends it. */
export function RehearsalOnBackup(props: RehearsalOnBackupProps) {
  const { label, rehearsal, statementLine } = props;
  return (
    <>
      <div className="p-4">
        {rehearsal.ok ? <Passed {...props} /> : <Failed label={label} rehearsal={rehearsal} />}
      </div>
      {rehearsal.steps.length > 0 ? (
        <RehearsedSteps label={label} rehearsal={rehearsal} statementLine={statementLine} />
      ) : null}
    </>
  );
}

function Passed({ label, rehearsal, restoredAt, endsAt }: RehearsalOnBackupProps) {
  const { steps, fingerprint, rollback } = rehearsal;
  return (
    <Banner
      tone="ok"
      title={
        <>
          Rehearsed on backup {label}, restored{' '}
          {restoredAt ? <RoomAgo value={restoredAt} /> : 'just now'}: {allPassed(steps.length)} in{' '}
          {formatDuration(chainMs(steps))}
        </>
      }
    >
      The steps of {rollback} ran on the rows of this backup, by the code of a run. On the target
      others work at the same time, so it may take longer there.{' '}
      {fingerprint ? (
        fingerprint.expected === null || fingerprint.expected === fingerprint.found ? (
          <>
            The schema afterwards equals {endsAt ? `that of ${endsAt}` : 'the expected one'},
            fingerprint <code>{tinyHash(fingerprint.found)}</code>.
          </>
        ) : (
          'The schema afterwards is not the expected one.'
        )
      ) : null}
    </Banner>
  );
}

function Failed({ label, rehearsal }: Pick<RehearsalOnBackupProps, 'label' | 'rehearsal'>) {
  const failed = failedStep(rehearsal);
  const error = failed?.error;
  return (
    <Banner
      tone="danger"
      role="alert"
      title={
        failed && error
          ? `The plan fails on the data of ${label}: ${failed.tag}${error.line === undefined ? '' : `, line ${error.line}`}`
          : `The plan fails on the data of ${label}`
      }
    >
      {error ? <StatementErrorText error={error} /> : rehearsal.message}
      {error ? (
        <p className="mt-1.5 text-text">
          {remedyFor(error)}
          {isServerFault(error) ? null : ' Then pin the plan again; the gates start over with it.'}
        </p>
      ) : null}
      <p className="mt-1.5">
        {error && isServerFault(error)
          ? 'This says nothing about the target, which was not touched.'
          : 'It would come out the same on the target, so nothing runs. The target was not touched.'}
      </p>
    </Banner>
  );
}
