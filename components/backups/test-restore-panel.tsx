'use client';

import type { ReactNode } from 'react';
import { formatCount, formatSize } from '@/components/room/format-count';
import { RoomAgo, RoomElapsed } from '@/components/room/room-clock';
import { Banner } from '@/components/ui/banner';
import { Checklist } from '@/components/ui/checklist';
import { Duration } from '@/components/ui/duration';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { ProgressBar } from '@/components/ui/progress-bar';
import { Stats } from '@/components/ui/stats';
import { StatusChip } from '@/components/ui/status-chip';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import type { RestoredCheck, TestRestore } from '@/lib/core/backup';
import { RehearsalOnBackup } from './rehearsal-on-backup';
import { checkLines, isTesting } from './rehearsal-words';
import type { StatementLine } from './rehearsed-steps';

export interface TestRestorePanelProps {
  /** Of the backup: `B-0003`. */
  label: string;
  test: TestRestore;
  /** Newer progress than the test itself has. */
  progress?: TestRestore['progress'];
  /** Number of the migration that the rehearsed chain ends at. */
  endsAt?: string;
  statementLine?: StatementLine;
  actions?: ReactNode;
}

/** A restore of a backup on the scratch server: how far it is, or what was found. */
export function TestRestorePanel(props: TestRestorePanelProps) {
  const { label, test, actions } = props;
  const { check, rehearsal } = test;
  const titleId = `test-${test.id}`;
  return (
    <Panel aria-labelledby={titleId}>
      <PanelHeader
        title={
          <>
            Test restore of <span className="mono">{label}</span>
          </>
        }
        titleId={titleId}
        icon="database"
        iconTone={isTesting(test) ? undefined : check?.ok ? 'ok' : 'danger'}
        status={<TestChip test={test} />}
        detail={
          test.finishedAt ? (
            <RoomAgo value={test.finishedAt} />
          ) : (
            <RoomElapsed since={test.startedAt ?? test.queuedAt} />
          )
        }
        actions={actions}
      />
      {isTesting(test) ? (
        <Testing label={label} test={test} progress={props.progress ?? test.progress} />
      ) : null}
      {!isTesting(test) && !rehearsal && !check?.ok ? <Failed test={test} /> : null}
      {rehearsal ? (
        <RehearsalOnBackup
          label={label}
          rehearsal={rehearsal}
          restoredAt={test.finishedAt}
          endsAt={props.endsAt}
          statementLine={props.statementLine}
        />
      ) : null}
      {check ? <Compared label={label} check={check} /> : null}
    </Panel>
  );
}

function TestChip({ test }: { test: TestRestore }) {
  switch (test.state) {
    case 'queued':
      return (
        <StatusChip tone="accent" busy>
          Waiting for the executor
        </StatusChip>
      );
    case 'running':
      return (
        <StatusChip tone="accent" busy>
          Under way
        </StatusChip>
      );
    case 'interrupted':
      return <StatusChip tone="warn">Interrupted</StatusChip>;
    default:
      if (!test.check) return <StatusChip tone="danger">Not restored</StatusChip>;
      if (!test.check.ok) return <StatusChip tone="danger">Not what its manifest says</StatusChip>;
      return (
        <>
          <StatusChip tone="ok">Restored and verified</StatusChip>
          {test.rehearsal && !test.rehearsal.ok ? (
            <StatusChip tone="danger">The plan fails on it</StatusChip>
          ) : null}
        </>
      );
  }
}

function Testing(props: { label: string; test: TestRestore; progress: TestRestore['progress'] }) {
  const { label, test, progress } = props;
  const counted = progress !== null && progress.total > 0;
  return (
    <PanelBody>
      <ProgressBar
        label={`Test restore of ${label}`}
        share={counted ? progress.done / progress.total : undefined}
        aside={
          counted
            ? `${progress.done.toLocaleString('en-US')} of ${progress.total.toLocaleString('en-US')}`
            : undefined
        }
      >
        {progress?.phase ?? 'Not started'}
      </ProgressBar>
      <p className="mt-3 text-xs text-text-2">
        Into a database of its own on the scratch server, which is dropped afterwards.
        {test.rollback ? ` Then ${test.rollback} is rehearsed on it.` : null} The target is not
        touched. You may leave this page: it goes on.
      </p>
    </PanelBody>
  );
}

function Failed({ test }: { test: TestRestore }) {
  const interrupted = test.state === 'interrupted';
  return (
    <div className="p-4">
      <Banner
        tone={interrupted ? 'warn' : 'danger'}
        role={interrupted ? 'status' : 'alert'}
        title={
          interrupted
            ? 'The test restore was interrupted'
            : test.check
              ? 'The backup is not what its manifest says'
              : 'It could not be restored'
        }
      >
        {test.check?.message ?? test.error ?? 'No reason was recorded.'}
        <p className="mt-1">
          {interrupted
            ? 'This says nothing about the backup. Test it again.'
            : test.check
              ? 'Do not rely on it: take another backup, and find out what became of this one.'
              : 'Mend the reason and test it again, or take another backup.'}{' '}
          The target was not touched.
        </p>
      </Banner>
    </div>
  );
}

function Compared({ label, check }: { label: string; check: RestoredCheck }) {
  return (
    <>
      <Stats
        bare
        className="border-t border-line"
        items={[
          {
            id: 'restore',
            label: 'Restored in',
            value: <Duration milliseconds={check.restoreMs} />,
            detail: 'on the scratch server',
          },
          {
            id: 'verify',
            label: 'Compared in',
            value: <Duration milliseconds={check.verifyMs} />,
            detail: 'every row counted',
          },
          {
            id: 'rows',
            label: 'Rows',
            value: check.rows.toLocaleString('en-US'),
            detail: `in ${formatCount(check.tables, 'table')}`,
          },
          {
            id: 'bytes',
            label: 'Disk it took',
            value: formatSize(check.bytes),
            detail: 'given back since',
          },
        ]}
      />
      <Checklist
        label={`What the restored copy of ${label} was compared with`}
        className="border-t border-line"
        items={[
          ...checkLines(check).map((line) => ({
            id: line.id,
            tone: line.ok ? ('ok' as const) : ('danger' as const),
            name: line.name,
            evidence: line.evidence,
            result: line.ok ? 'Passed' : 'Failed',
          })),
          ...check.remarks.map((remark) => ({
            id: remark,
            tone: 'info' as const,
            name: 'To know',
            evidence: remark,
            result: 'Does not count',
          })),
        ]}
      />
      {check.mismatches.length > 0 ? <Mismatches label={label} check={check} /> : null}
    </>
  );
}

function Mismatches({ label, check }: { label: string; check: RestoredCheck }) {
  return (
    <div className="border-t border-line">
      <Table label={`Tables of ${label} with other rows than its manifest says`} minWidth="24rem">
        <THead>
          <TR>
            <TH>Table</TH>
            <TH align="end">In the manifest</TH>
            <TH align="end">Restored</TH>
          </TR>
        </THead>
        <TBody>
          {check.mismatches.map(({ table, expected, found }) => (
            <TR key={table}>
              <TD>
                <code className="wrap-anywhere">{table}</code>
              </TD>
              <TD align="end" numeric>
                {expected.toLocaleString('en-US')}
              </TD>
              <TD align="end" numeric className="font-medium text-danger-text">
                {found.toLocaleString('en-US')}
              </TD>
            </TR>
          ))}
        </TBody>
      </Table>
    </div>
  );
}
