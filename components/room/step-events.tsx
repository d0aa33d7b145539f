'use client';

import { Fragment } from 'react';
import { Duration } from '@/components/ui/duration';
import { SqlText } from '@/components/ui/sql-text';
import type { Plan, PlanStep } from '@/lib/core/plan';
import type { TimelineStatement, TimelineStep } from '@/lib/core/timeline';
import { headAfter } from './database-place';
import { formatCount, formatSize, tinyHash } from './format-count';
import { RoomElapsed } from './room-clock';
import { oneLine, useStatementLines } from './room-sql';
import { StatementErrorText } from './statement-error';
import { statementWords } from './statement-words';
import { type Mark, StepEventRow } from './step-event-row';
import { visibleStatements } from './visible-statements';

export interface StepEventsProps {
  plan: Plan;
  step: PlanStep;
  state: TimelineStep;
  /** The last word of the run. */
  lastEventAt: string | null;
}

/** What happened inside a step's transaction, and right after it, in order. */
export function StepEvents({ plan, step, state, lastEventAt }: StepEventsProps) {
  const head = headAfter(plan, step.position + 1);
  const waitsBefore = waitingBefore(state);
  return (
    <ol className="border-t border-line-soft">
      {state.fenceRaised ? (
        <StepEventRow
          mark="done"
          text="Fence put up"
          meta={`newer than ${plan.to.number} is refused`}
        />
      ) : null}
      {visibleStatements(state.statements).map((row) =>
        row.kind === 'statement' ? (
          <Fragment key={row.index}>
            <Rescued state={state} from={row.index} to={row.index} />
            {waitsBefore === row.index ? (
              <StepEventRow
                mark="lock"
                active
                text={`Waiting for a lock, before statement ${row.index + 1}`}
                time={<Since at={state.waitingSince} />}
              />
            ) : null}
            <StatementRow step={step} state={state} index={row.index} />
          </Fragment>
        ) : (
          <Fragment key={`fold ${row.from}`}>
            <Rescued state={state} from={row.from} to={row.to} />
            <StepEventRow
              mark={row.state === 'done' ? 'done' : 'waiting'}
              text={`${formatCount(row.to - row.from + 1, 'statement')} ${row.state === 'done' ? 'done' : 'to go'}`}
              meta={`${row.from + 1} to ${row.to + 1}`}
            />
          </Fragment>
        ),
      )}
      {state.settingsReset.length > 0 ? (
        <StepEventRow
          mark="note"
          text={`Settings that the script left behind were reset: ${state.settingsReset.join(', ')}`}
        />
      ) : null}
      <Ending state={state} head={head} step={step} lastEventAt={lastEventAt} />
    </ol>
  );
}

/**
 * The statement that has not begun because what comes before it, as its rescue copy, waits for a lock;
 * null where a statement itself waits, and its own line says so.
 */
function waitingBefore({ state, statements }: TimelineStep): number | null {
  if (state !== 'lock' || statements.some((one) => one.state === 'running')) return null;
  return statements.find((one) => one.state === 'waiting')?.index ?? null;
}

/** What was copied, or could not be, right before the statements from one to another destroyed it. */
function Rescued({ state, from, to }: { state: TimelineStep; from: number; to: number }) {
  const within = ({ index }: { index: number }) => index >= from && index <= to;
  return (
    <>
      {state.rescues.filter(within).map((rescue) => (
        <StepEventRow
          key={rescue.copy}
          mark="note"
          text={
            <>
              Rescue copy of {rescue.subject}, {formatCount(rescue.rows, 'row')},{' '}
              {formatSize(rescue.bytes)}: <code className="wrap-anywhere">{rescue.copy}</code>
            </>
          }
        />
      ))}
      {state.rescueMissed.filter(within).map(({ index, message }) => (
        <StepEventRow
          key={`${index} ${message}`}
          mark="warn"
          word="not copied"
          text={`Not copied: ${message}`}
        />
      ))}
    </>
  );
}

interface EndingProps {
  state: TimelineStep;
  head: string;
  step: PlanStep;
  lastEventAt: string | null;
}

/** For how long something has been under way; nothing where nobody knows since when. */
const Since = ({ at }: { at: string | null }) => (at === null ? null : <RoomElapsed since={at} />);

/** What every step ends with: the tracking row, the COMMIT, the comparison. */
function Ending({ state, head, step, lastEventAt }: EndingProps) {
  if (state.state === 'undone') return null;
  const { trackingRow, verification } = state;
  const committed = state.state === 'committed';
  const ready = state.state === 'ready';
  if (!trackingRow && !committed) {
    return <StepEventRow mark="waiting" text="Remove tracking row, commit, compare the schema" />;
  }
  return (
    <>
      <StepEventRow
        mark="done"
        text={trackingRow?.byScript ? 'Tracking row removed by the script' : 'Tracking row removed'}
        meta={`id ${trackingRow?.rowId ?? step.row.id} · hash ${tinyHash(trackingRow?.hash ?? step.row.hash)}`}
      />
      {state.state === 'unknown' ? (
        <StepEventRow mark="unknown" text="COMMIT sent, no answer" meta="the connection was lost" />
      ) : null}
      {state.state === 'committing' ? (
        <StepEventRow mark="running" text="Committing" time={<Since at={lastEventAt} />} />
      ) : null}
      {committed ? <StepEventRow mark="done" text="Committed" /> : null}
      {committed && !verification ? (
        <StepEventRow
          mark="running"
          text={`Comparing the schema with ${head}`}
          time={<Since at={lastEventAt} />}
        />
      ) : null}
      {verification ? (
        <StepEventRow
          mark={verification.ok ? 'done' : 'warn'}
          text={
            verification.ok
              ? `Schema equals the rehearsed one at ${head}`
              : verification.how === 'not_checked'
                ? 'Schema could not be compared'
                : `Schema is not the rehearsed one at ${head}`
          }
          meta={verification.foundFingerprint ? tinyHash(verification.foundFingerprint) : undefined}
          time={state.verifyMs === null ? null : <Duration milliseconds={state.verifyMs} />}
        />
      ) : null}
      {ready ? (
        <StepEventRow mark="waiting" text="Not committed: goes in together with the other steps" />
      ) : null}
    </>
  );
}

function StatementRow({
  step,
  state,
  index,
}: {
  step: PlanStep;
  state: TimelineStep;
  index: number;
}) {
  const linesOf = useStatementLines();
  const statement = state.statements[index];
  if (!statement) return null;
  const waitsHere = state.state === 'lock' && (state.waitingIndex ?? index) === index;
  const failed = statement.state === 'failed' && state.error?.statementIndex === index;
  const planned = step.statements[index];
  const words = statementWords(statement, state, planned);
  const wants = planned?.hazards.find((hazard) => hazard.lock)?.lock;
  return (
    <StepEventRow
      mark={markOf(statement, state, waitsHere)}
      active={statement.state === 'running'}
      text={<SqlText line={oneLine(linesOf(step, index))} />}
      code
      meta={
        waitsHere && statement.state === 'running'
          ? wants && `wants ${wants}`
          : statement.rows === null
            ? undefined
            : formatCount(statement.rows, 'row')
      }
      time={<StatementTime statement={statement} />}
      below={
        (failed && state.error) || words ? (
          <>
            {failed && state.error ? (
              <span className="block">
                <StatementErrorText error={state.error} />
              </span>
            ) : null}
            {words ? <span className="block text-text-2">{words}</span> : null}
          </>
        ) : undefined
      }
    />
  );
}

/** What ended without an answer has not failed. */
function markOf(
  statement: TimelineStatement,
  { state }: Pick<TimelineStep, 'state'>,
  waitsHere: boolean,
): Mark {
  if (statement.state === 'running' && waitsHere) return 'lock';
  if (statement.state === 'failed' && state === 'unknown') return 'unknown';
  return MARK[statement.state];
}

function StatementTime({ statement }: { statement: TimelineStatement }) {
  if (statement.durationMs !== null) return <Duration milliseconds={statement.durationMs} />;
  return statement.state === 'running' && statement.startedAt ? (
    <RoomElapsed since={statement.startedAt} />
  ) : null;
}

const MARK: Record<TimelineStatement['state'], Mark> = {
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  failed: 'failed',
};
