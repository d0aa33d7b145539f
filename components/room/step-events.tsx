'use client';

import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Duration } from '@/components/ui/duration';
import { Icon, type IconName } from '@/components/ui/icon';
import { Spinner } from '@/components/ui/spinner';
import { SqlText } from '@/components/ui/sql-text';
import type { Plan, PlanStep } from '@/lib/core/plan';
import type { TimelineStatement, TimelineStep } from '@/lib/core/timeline';
import { headAfter } from './database-place';
import { formatCount, formatSize, tinyHash } from './format-count';
import { RoomElapsed } from './room-clock';
import { oneLine, useStatementLines } from './room-sql';
import { StatementErrorText } from './statement-error';
import { statementWords } from './statement-words';
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
  return (
    <ol className="border-t border-line-soft">
      {state.fenceRaised ? (
        <Row mark="done" text="Fence put up" meta={`newer than ${plan.to.number} is refused`} />
      ) : null}
      {visibleStatements(state.statements).map((row) =>
        row.kind === 'statement' ? (
          <StatementRow key={row.index} step={step} state={state} index={row.index} />
        ) : (
          <Row
            key={`fold ${row.from}`}
            mark={row.state === 'done' ? 'done' : 'waiting'}
            text={`${formatCount(row.to - row.from + 1, 'statement')} ${row.state === 'done' ? 'done' : 'to go'}`}
            meta={`${row.from + 1} to ${row.to + 1}`}
          />
        ),
      )}
      {state.rescues.map((rescue) => (
        <Row
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
      {state.rescueMissed.map(({ index, message }) => (
        <Row
          key={`${index} ${message}`}
          mark="warn"
          word="not copied"
          text={`Not copied: ${message}`}
        />
      ))}
      {state.settingsReset.length > 0 ? (
        <Row
          mark="note"
          text={`Settings that the script left behind were reset: ${state.settingsReset.join(', ')}`}
        />
      ) : null}
      <Ending state={state} head={head} step={step} lastEventAt={lastEventAt} />
    </ol>
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
    return <Row mark="waiting" text="Remove tracking row, commit, compare the schema" />;
  }
  return (
    <>
      <Row
        mark="done"
        text={trackingRow?.byScript ? 'Tracking row removed by the script' : 'Tracking row removed'}
        meta={`id ${trackingRow?.rowId ?? step.row.id} · hash ${tinyHash(trackingRow?.hash ?? step.row.hash)}`}
      />
      {state.state === 'unknown' ? (
        <Row mark="unknown" text="COMMIT sent, no answer" meta="the connection was lost" />
      ) : null}
      {state.state === 'committing' ? (
        <Row mark="running" text="Committing" time={<Since at={lastEventAt} />} />
      ) : null}
      {committed ? <Row mark="done" text="Committed" /> : null}
      {committed && !verification ? (
        <Row
          mark="running"
          text={`Comparing the schema with ${head}`}
          time={<Since at={lastEventAt} />}
        />
      ) : null}
      {verification ? (
        <Row
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
        <Row mark="waiting" text="Not committed: goes in together with the other steps" />
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
    <Row
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

type Mark = 'done' | 'running' | 'lock' | 'waiting' | 'failed' | 'warn' | 'unknown' | 'note';

const MARK: Record<TimelineStatement['state'], Mark> = {
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  failed: 'failed',
};

const LOOK: Record<
  Exclude<Mark, 'running' | 'lock'>,
  [icon: IconName, colour: string, word: string]
> = {
  done: ['check', 'text-ok-text', 'done'],
  waiting: ['pending', 'text-text-3', 'not started'],
  failed: ['x', 'text-danger-text', 'failed'],
  warn: ['warn', 'text-warn-text', 'different'],
  unknown: ['unknown', 'text-unknown-text', 'unknown'],
  note: ['info', 'text-info-text', 'note'],
};

interface RowProps {
  mark: Mark;
  text: ReactNode;
  code?: boolean;
  active?: boolean;
  meta?: ReactNode;
  time?: ReactNode;
  below?: ReactNode;
  /** What the mark says, where its own word would be wrong. */
  word?: string;
}

function Row({ mark, text, code = false, active = false, meta, time, below, word }: RowProps) {
  return (
    <li
      className={classNames(
        'px-4 py-0.5 text-xs max-md:px-3',
        active && (mark === 'lock' ? 'bg-warn-soft' : 'bg-accent-soft'),
      )}
    >
      <div className="grid min-h-[26px] grid-cols-[14px_minmax(0,1fr)_auto_64px] items-center gap-2.5 max-md:grid-cols-[14px_minmax(0,1fr)_56px]">
        <RowMark mark={mark} word={word} />
        {code ? (
          <code
            className={classNames(
              'text-xs leading-5',
              active ? 'wrap-anywhere whitespace-pre-wrap' : 'truncate max-md:whitespace-normal',
              mark === 'waiting' && 'text-text-3 [&_*]:text-text-3',
            )}
          >
            {text}
          </code>
        ) : (
          <span
            className={classNames(
              'min-w-0 leading-5 wrap-anywhere',
              mark === 'waiting' && 'text-text-3',
            )}
          >
            {text}
          </span>
        )}
        <span className="whitespace-nowrap text-text-3 tabular-nums max-md:hidden">{meta}</span>
        <span className="text-right text-text-2 tabular-nums">{time}</span>
      </div>
      {below ? <div className="pb-1.5 pl-6 text-danger-text">{below}</div> : null}
    </li>
  );
}

function RowMark({ mark, word }: Pick<RowProps, 'mark' | 'word'>) {
  if (mark === 'running' || mark === 'lock') {
    return (
      <span className={mark === 'lock' ? 'text-warn-text' : 'text-accent-text'}>
        <Spinner size={14} />
        <span className="sr-only">{mark === 'lock' ? 'waiting for a lock: ' : 'running: '}</span>
      </span>
    );
  }
  const [icon, colour, own] = LOOK[mark];
  return (
    <span className={colour}>
      <Icon name={icon} size={14} />
      <span className="sr-only">{word ?? own}: </span>
    </span>
  );
}
