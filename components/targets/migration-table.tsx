'use client';

import { Fragment, type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { arrangeRows, nextDestination } from '@/components/targets/arrange-rows';
import { type Barrier, BarrierRow } from '@/components/targets/barrier-row';
import { FoldRow } from '@/components/targets/fold-row';
import { MigrationRow } from '@/components/targets/migration-row';
import { whyNotInBrief, whyNotInShort } from '@/components/targets/migration-words';
import type { RailPlace } from '@/components/targets/rail-mark';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import type { MigrationState } from '@/lib/core/migration';
import type { MigrationLine } from '@/lib/core/views';

const COLUMNS = 7;

export interface MigrationTableProps {
  target: string;
  lines: readonly MigrationLine[];
  barrier: Barrier | null;
  state: MigrationState | null;
  /** Key of the chosen destination. */
  destination: string | null;
  onChoose: (key: string) => void;
}

/** All migrations, newest first. The arrow keys move a destination that has been chosen. */
export function MigrationTable(props: MigrationTableProps) {
  const { target, lines, barrier, state, destination, onChoose } = props;
  const table = useRef<HTMLTableElement>(null);
  const items = useMemo(
    () => arrangeRows(lines, barrier?.key ?? null, state),
    [lines, barrier, state],
  );
  const places = useMemo(
    () => placesOf(lines, destination, barrier),
    [lines, destination, barrier],
  );
  const withYear = useMemo(() => yearsOf(lines).size > 1, [lines]);
  // Only what a person has folded or unfolded; else a fold is open while the destination is in it.
  const [folds, setFolds] = useState<Readonly<Record<string, boolean>>>({});

  const focusAfter = useRef<string | null>(null);
  useEffect(() => {
    if (destination === null || focusAfter.current !== destination) return;
    focusAfter.current = null;
    table.current
      ?.querySelector<HTMLElement>(`tr[data-key="${CSS.escape(destination)}"] [data-slot="button"]`)
      ?.focus();
  }, [destination]);

  function moveDestination(event: KeyboardEvent<HTMLTableElement>) {
    const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : null;
    if (step === null || destination === null) return;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const shown = state ? lines.filter((line) => line.state === state) : lines;
    const next = nextDestination(shown, destination, step);
    if (next === null) return;
    focusAfter.current = next;
    onChoose(next);
  }

  const row = (line: MigrationLine) => (
    <MigrationRow
      key={line.key}
      target={target}
      line={line}
      place={places.get(line.key) ?? 'applied'}
      withYear={withYear}
      whyNot={whyNotInShort(line, barrier?.number ?? null)}
      whyNotBrief={whyNotInBrief(line, barrier?.number ?? null)}
      onChoose={onChoose}
    />
  );

  return (
    <Table label="Migrations" ref={table} onKeyDown={moveDestination} className="md:min-w-264">
      <THead>
        <TR>
          <TH className="relative w-14 max-md:w-10">
            <span className="sr-only">Chain</span>
          </TH>
          <TH className="max-md:w-full max-md:pl-1! md:min-w-64">Migration</TH>
          <TH className="max-md:hidden">Generated, UTC and local</TH>
          <TH className="max-md:px-1!">State</TH>
          <TH className="max-md:hidden md:w-64">Rollback</TH>
          <TH className="max-lg:hidden">Undo changes</TH>
          <TH align="end" className="relative">
            <span className="sr-only">Go back</span>
          </TH>
        </TR>
      </THead>
      <TBody>
        {items.map((item) => {
          if (item.kind === 'line') return row(item.line);
          if (item.kind === 'barrier') {
            return barrier ? (
              <BarrierRow key="barrier" barrier={barrier} colSpan={COLUMNS} />
            ) : null;
          }
          const open =
            folds[item.id] ??
            (destination !== null && item.lines.some((line) => line.key === destination));
          return (
            <Fragment key={item.id}>
              <FoldRow
                of={item.of}
                lines={item.lines}
                open={open}
                onToggle={() => setFolds((now) => ({ ...now, [item.id]: !open }))}
                colSpan={COLUMNS}
              />
              {open ? item.lines.map(row) : null}
            </Fragment>
          );
        })}
        {items.length === 0 ? (
          <TR>
            <TD colSpan={COLUMNS} className="py-8! text-center text-text-2">
              {lines.length === 0
                ? 'There is neither a migration in the folder nor a row in the tracking table.'
                : 'No migration is in this state.'}
            </TD>
          </TR>
        ) : null}
      </TBody>
    </Table>
  );
}

function placesOf(
  lines: readonly MigrationLine[],
  destination: string | null,
  barrier: Barrier | null,
): Map<string, RailPlace> {
  const end = lines.findIndex((line) => line.key === destination);
  const stop = lines.findIndex((line) => line.key === barrier?.key);
  return new Map(
    lines.map((line, index): [string, RailPlace] => {
      if (line.state === 'pending' || line.state === 'skipped') return [line.key, 'not-applied'];
      if (index < end) return [line.key, 'undone'];
      if (index === end) return [line.key, 'destination'];
      return [line.key, stop >= 0 && index > stop ? 'out-of-reach' : 'applied'];
    }),
  );
}

function yearsOf(lines: readonly MigrationLine[]): Set<string> {
  return new Set(lines.flatMap((line) => line.generatedAt?.slice(0, 4) ?? []));
}
