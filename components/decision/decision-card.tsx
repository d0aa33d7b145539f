import type { ReactNode } from 'react';
import { formatAmount } from '@/components/room/amount';
import { Breakable } from '@/components/ui/breakable';
import { ButtonLink } from '@/components/ui/button-link';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { Icon, type IconName } from '@/components/ui/icon';
import { KeyValue, type KeyValueEntry } from '@/components/ui/key-value';
import { Panel, PanelFooter, PanelHeader } from '@/components/ui/panel';
import { Time } from '@/components/ui/time';
import { BACKUP_LEVEL_LABELS } from '@/lib/core/backup';
import type { OtherWays, RollBackWay } from '@/lib/core/decision';
import { sessionWords, timeWords } from './decision-words';

export interface DecisionCardProps {
  rollBack: RollBackWay;
  others: OtherWays;
  /** Where the emergency restore of this target begins; null where none can be begun from here. */
  restoreHref: string | null;
}

/** The three ways out side by side, with what each costs and what stands in its way now. */
export function DecisionCard({ rollBack, others, restoreHref }: DecisionCardProps) {
  const { restore, rollForward } = others;
  return (
    <Panel aria-labelledby="ways-out">
      <PanelHeader
        title="Three ways out"
        titleId="ways-out"
        detail="What each costs, and what stands in its way now"
      />
      <div className="grid divide-line max-md:divide-y md:grid-cols-3 md:divide-x">
        <Way
          name="Roll back"
          icon="undo"
          entries={rollBackFacts(rollBack)}
          inTheWay={rollBack.inTheWay}
        />
        <Way
          name="Restore a backup"
          icon="archive"
          entries={restoreFacts(restore)}
          inTheWay={restore.inTheWay}
          action={
            restoreHref ? <ButtonLink href={restoreHref}>Emergency restore</ButtonLink> : null
          }
        />
        <Way
          name="Roll forward"
          icon="stepForward"
          entries={rollForwardFacts(rollForward)}
          inTheWay={rollForward.inTheWay}
        />
      </div>
      <PanelFooter className="wrap-anywhere text-text-2">{sessionWords(others)}</PanelFooter>
    </Panel>
  );
}

interface WayProps {
  name: string;
  icon: IconName;
  entries: KeyValueEntry[];
  inTheWay: string[];
  action?: ReactNode;
}

function Way({ name, icon, entries, inTheWay, action }: WayProps) {
  return (
    <div className="flex min-w-0 flex-col gap-3 p-4">
      <h3 className="flex items-center gap-2 text-sm font-semibold">
        <Icon name={icon} className="text-text-3" />
        {name}
      </h3>
      <KeyValue
        layout="columns"
        entries={entries}
        className="[&>div]:grid-cols-[4.5rem_minmax(0,1fr)]"
      />
      {inTheWay.length > 0 ? (
        <ul className="flex flex-col gap-1 text-sm text-warn-text">
          {inTheWay.map((reason) => (
            <li key={reason} className="flex items-start gap-2 wrap-anywhere">
              <Icon name="warn" size={14} className="mt-0.5 shrink-0" />
              {reason}
            </li>
          ))}
        </ul>
      ) : (
        <p className="flex items-center gap-2 text-sm text-ok-text">
          <Icon name="ok" size={14} /> Nothing in its way
        </p>
      )}
      {action ? <div className="mt-auto pt-1">{action}</div> : null}
    </div>
  );
}

const Tag = ({ text }: { text: string }) => (
  <code className="mono wrap-anywhere">
    <Breakable text={text} />
  </code>
);

function rollBackFacts({ migrations, to, time, rowsLost }: RollBackWay): KeyValueEntry[] {
  const many = `${migrations} ${migrations === 1 ? 'migration' : 'migrations'}`;
  return [
    { id: 'what', label: 'Undoes', value: migrations === 0 ? 'nothing' : many },
    ...(to ? [{ id: 'to', label: 'Back to', value: <Tag text={to} /> }] : []),
    { id: 'time', label: 'Takes', value: timeWords(time, 'not rehearsed yet') },
    {
      id: 'loses',
      label: 'Loses',
      value: rowsLost ? `${formatAmount(rowsLost)} rows or values` : 'said by the rehearsal',
    },
  ];
}

function restoreFacts({ backup, ageMs, time, changesLost }: OtherWays['restore']): KeyValueEntry[] {
  if (!backup || ageMs === null) return [{ id: 'what', label: 'From', value: 'no backup' }];
  return [
    {
      id: 'what',
      label: 'From',
      value: (
        <>
          {backup.label},{' '}
          <Time value={backup.snapshotAt} format="dayMinute" dot className="whitespace-normal!" />
        </>
      ),
    },
    { id: 'level', label: 'Proof', value: BACKUP_LEVEL_LABELS[backup.level] },
    { id: 'time', label: 'Takes', value: timeWords(time, 'never restored yet') },
    {
      id: 'loses',
      label: 'Loses',
      value: `the writes of ${formatCoarseDuration(ageMs)}${
        changesLost?.value == null ? '' : `, ${formatAmount(changesLost)} row changes`
      }`,
    },
  ];
}

function rollForwardFacts({ head }: OtherWays['rollForward']): KeyValueEntry[] {
  return [
    {
      id: 'stays',
      label: 'Keeps',
      value: head ? <Tag text={head} /> : 'the schema as it is',
    },
    { id: 'loses', label: 'Loses', value: 'nothing' },
    { id: 'broken', label: 'Broken', value: 'until a release with a mend is deployed' },
  ];
}
