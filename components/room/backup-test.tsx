'use client';

import { isTesting, rehearsedWell } from '@/components/backups/rehearsal-words';
import type { StatementLine } from '@/components/backups/rehearsed-steps';
import { TestRestorePanel } from '@/components/backups/test-restore-panel';
import { Banner } from '@/components/ui/banner';
import { EmptyState } from '@/components/ui/empty-state';
import { Panel } from '@/components/ui/panel';
import { SqlText } from '@/components/ui/sql-text';
import type { RollbackEvent } from '@/lib/core/events';
import type { BackupEvidence } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import { TestRestoreButton } from './backup-buttons';
import { latestTestProgress } from './job-progress';
import { oneLine, useStatementLines } from './room-sql';

export interface BackupTestProps {
  room: RollbackRoom;
  backup: BackupEvidence;
  events: readonly RollbackEvent[];
  /** The dock offers to test it; once is enough. */
  testInDock: boolean;
}

/** The backup of the room restored on the scratch server, and this plan rehearsed on its rows. */
export function BackupTest({ room, backup, events, testInDock }: BackupTestProps) {
  const statementLine = usePlannedLines(room);
  const { testRestore: test, label } = backup;
  const button = (words: string) =>
    testInDock ? null : (
      <TestRestoreButton room={room} backup={backup}>
        {words}
      </TestRestoreButton>
    );
  if (!test) {
    return (
      <Panel aria-label={`Test restore of ${label}`}>
        <EmptyState
          title={`${label} has not been restored yet`}
          icon="database"
          action={backup.prunedAt ? null : button('Restore to test it')}
        >
          A backup that nobody restored is a hope. Backstep restores it into a database of its own
          on the scratch server, counts the rows of every table, and rehearses this plan on them.
          The target is not touched.
        </EmptyState>
      </Panel>
    );
  }
  const mine = rehearsedWell(test, room.digest) !== null;
  return (
    <>
      {test.rehearsal && !mine && !isTesting(test) ? (
        <Banner tone="warn" role="status" title="Another plan was rehearsed on it">
          The plan has been pinned again since. Test it again, so that what runs is what was tried.
        </Banner>
      ) : null}
      <TestRestorePanel
        label={label}
        test={test}
        progress={latestTestProgress(events, test.id)}
        endsAt={mine ? room.plan.to.number : undefined}
        statementLine={mine ? statementLine : undefined}
        actions={isTesting(test) ? null : button('Test it again')}
      />
    </>
  );
}

/** The statements of the plan as it is pinned, in colour, each on one line. */
function usePlannedLines(room: RollbackRoom): StatementLine {
  const linesOf = useStatementLines();
  return (position, index) => {
    const step = room.plan.steps[position];
    return step?.statements[index] ? <SqlText line={oneLine(linesOf(step, index))} /> : null;
  };
}
