'use client';

import { Breakable } from '@/components/ui/breakable';
import { Icon } from '@/components/ui/icon';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import { Time } from '@/components/ui/time';
import type { LossLine } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import { amountSource, formatBytes } from './amount';
import { differsWords, lostAmount, lostWords } from './loss-ledger';

const KIND: Record<LossLine['kind'], string> = {
  table: 'table',
  column: 'column',
  narrowed_column: 'column, changes type',
  materialized_view: 'materialized view',
  sequence: 'sequence',
  rows: 'rows of the table',
};

export interface LossTableProps {
  /** Names the table. */
  label: string;
  losses: readonly LossLine[];
  room: Pick<RollbackRoom, 'backup' | 'plan'>;
  /** Says to which step each line belongs. */
  withStep?: boolean;
}

/** What the objects that go, or narrow, hold on the live target. */
export function LossTable({ label, losses, room, withStep = false }: LossTableProps) {
  return (
    <>
      <Table label={label} className="md:min-w-160">
        <THead>
          <TR>
            {withStep ? <TH>Step</TH> : null}
            <TH>Object</TH>
            <TH className="max-md:hidden md:min-w-36">Type</TH>
            <TH align="end">Lost</TH>
            <TH align="end" className="max-md:whitespace-normal">
              Differ from default
            </TH>
            <TH align="end" className="max-md:hidden">
              Size
            </TH>
          </TR>
        </THead>
        <TBody>
          {losses.map((line) => (
            <TR key={`${line.position} ${line.kind} ${line.name}`}>
              {withStep ? (
                <TD className="font-mono text-xs text-text-2">
                  {room.plan.steps[line.position]?.number}
                </TD>
              ) : null}
              <TD className="md:w-[34%]">
                <code className="text-code wrap-anywhere">
                  <Breakable text={line.name} />
                </code>
                <span className="block text-xs text-text-3">
                  {KIND[line.kind]}
                  <span className="md:hidden">
                    {line.type ? `, ${line.type}` : null}, {formatBytes(line.bytes)}
                  </span>
                </span>
              </TD>
              <TD className="font-mono text-xs text-text-2 max-md:hidden">{line.type ?? '–'}</TD>
              <TD align="end" numeric>
                {line.kind === 'sequence' ? '–' : <Lost line={line} />}
              </TD>
              <TD align="end" numeric className="text-text-2">
                {line.kind === 'column' && line.differs ? (
                  <span title={amountSource(line.differs)}>{differsWords(line)}</span>
                ) : (
                  '–'
                )}
              </TD>
              <TD align="end" numeric className="text-text-2 max-md:hidden">
                <span title={amountSource(line.bytes)}>{formatBytes(line.bytes)}</span>
              </TD>
            </TR>
          ))}
        </TBody>
      </Table>
      <Footnotes losses={losses} backup={room.backup} />
    </>
  );
}

function Lost({ line }: { line: LossLine }) {
  const amount = lostAmount(line);
  return (
    <span
      title={amountSource(amount)}
      className={amount.value === 0 ? 'text-text-2' : 'font-semibold text-warn-text'}
    >
      {lostWords(line)}
    </span>
  );
}

/** What ≈ means, why something has no number, and where the data is kept. */
function Footnotes({
  losses,
  backup,
}: {
  losses: readonly LossLine[];
  backup: RollbackRoom['backup'];
}) {
  const amounts = losses.flatMap((line) =>
    [
      line.kind === 'sequence' ? null : lostAmount(line),
      line.kind === 'column' ? line.differs : null,
      line.bytes,
    ].filter((one) => one !== null),
  );
  const notes = [
    ...new Set(
      amounts
        .filter((amount) => amount.value === null || amount.estimate)
        .map((amount) =>
          amount.value === null ? amountSource(amount) : `≈ ${amountSource(amount)}`,
        ),
    ),
  ];
  return (
    <div className="flex flex-col gap-0.5 border-t border-line-soft px-4 py-2 text-xs text-text-2">
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      <p className="flex items-center gap-1.5">
        <Icon name="archive" size={14} className="text-text-3" />
        {backup?.state === 'passed' && backup.snapshotAt ? (
          <span>
            Kept in {backup.label}, as of{' '}
            <Time value={backup.snapshotAt} format="minute" local={false} />. What is written later
            is in no backup.
          </span>
        ) : (
          'No confirmed backup holds it yet.'
        )}
      </p>
    </div>
  );
}
