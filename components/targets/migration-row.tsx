'use client';

import Link from 'next/link';
import { memo } from 'react';
import { needsSentence, STATE_LOOK } from '@/components/targets/migration-words';
import { RailMark, type RailPlace } from '@/components/targets/rail-mark';
import { RollbackCell, RollbackVerdict } from '@/components/targets/rollback-cell';
import { migrationHref } from '@/components/targets/target-links';
import { Breakable } from '@/components/ui/breakable';
import { Button } from '@/components/ui/button';
import { StatusChip } from '@/components/ui/status-chip';
import { TD, TR } from '@/components/ui/table';
import { Time } from '@/components/ui/time';
import { MIGRATION_STATE_LABELS } from '@/lib/core/migration';
import type { MigrationLine } from '@/lib/core/views';

export interface MigrationRowProps {
  target: string;
  line: MigrationLine;
  place: RailPlace;
  /** With the year, where the list spans more than one. */
  withYear: boolean;
  /** Why it can't be the new head, in a few words, and in fewer for a phone. */
  whyNot: string | null;
  whyNotBrief: string | null;
  onChoose: (key: string) => void;
}

/** A migration in the list, with the way back to it where there is one. */
export const MigrationRow = memo(function MigrationRow({
  target,
  line,
  place,
  withYear,
  whyNot,
  whyNotBrief,
  onChoose,
}: MigrationRowProps) {
  const { number, tag } = line;
  const name = tag ?? line.key;
  const look = STATE_LOOK[line.state];
  return (
    <TR
      tone={place === 'undone' ? 'warn' : place === 'destination' ? 'accent' : undefined}
      data-key={line.key}
    >
      <RailMark place={place} />
      <TD className="max-md:pl-1!">
        <Link
          href={migrationHref(target, line.key)}
          prefetch={false}
          className="font-mono text-code wrap-anywhere hover:underline"
        >
          {number && name.startsWith(number) ? (
            <>
              <b className="font-semibold">{number}</b>
              <Breakable text={name.slice(number.length)} />
            </>
          ) : (
            <Breakable text={name} />
          )}
        </Link>
        {/* A phone has no room for the column, and this part of it must not be missed. */}
        <p className="mt-0.5 md:hidden">
          <RollbackVerdict line={line} />
        </p>
      </TD>
      <TD className="max-md:hidden">
        {line.generatedAt ? (
          <Time
            value={line.generatedAt}
            format={withYear ? 'dateTime' : 'dayMinute'}
            zone={false}
          />
        ) : (
          <span className="text-text-3">unknown</span>
        )}
      </TD>
      <TD className="relative max-md:px-1!">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <StatusChip tone={look.tone} icon={look.icon} bare>
            {MIGRATION_STATE_LABELS[line.state]}
          </StatusChip>
          {line.fileChanged && line.state !== 'changed' ? (
            <StatusChip tone="warn" icon="fileChanged" bare>
              File changed
            </StatusChip>
          ) : null}
          {line.head ? (
            <StatusChip tone="neutral" icon={null}>
              Head
            </StatusChip>
          ) : null}
          {place === 'undone' ? (
            <StatusChip tone="warn" icon="undo" className="max-md:sr-only">
              Will be undone
            </StatusChip>
          ) : null}
          {place === 'destination' ? (
            <StatusChip tone="accent" icon="flag" className="max-md:sr-only">
              Destination
            </StatusChip>
          ) : null}
        </span>
      </TD>
      <TD className="max-md:hidden">
        <RollbackCell line={line} />
      </TD>
      <TD className="text-xs text-text-2 max-lg:hidden">{unbroken(line.undoChanges)}</TD>
      <TD align="end">
        {line.destination ? (
          <Button
            icon="undo"
            aria-label={`Roll back to here: ${name}`}
            aria-current={place === 'destination' || undefined}
            className="text-xs max-md:size-11 max-md:px-0! md:h-7! md:px-2.5!"
            onClick={() => onChoose(line.key)}
          >
            <span className="max-md:hidden">Roll back to here</span>
          </Button>
        ) : whyNot ? (
          <WhyNot
            short={whyNot}
            brief={whyNotBrief ?? whyNot}
            sentence={needsSentence(line) ? line.whyNot : null}
          />
        ) : null}
      </TD>
    </TR>
  );
});

/** `−1 column, −1 constraint` breaks between its parts, never within one. */
const unbroken = (changes: string | null): string =>
  changes?.replaceAll(/(\d) /g, '$1\u00a0') ?? '';

/** The few words unfold into the sentence, where they do not say it all. */
function WhyNot(props: { short: string; brief: string; sentence: string | null }) {
  const { short, brief, sentence } = props;
  if (sentence === null) {
    return (
      <span className="text-xs text-text-2">
        <span className="max-md:hidden">{short}</span>
        <span className="whitespace-nowrap md:hidden">{brief}</span>
      </span>
    );
  }
  return (
    <details className="ml-auto max-w-64 text-xs text-text-2">
      <summary className="cursor-pointer underline decoration-dotted underline-offset-2">
        {short}
      </summary>
      <p className="mt-1 text-left wrap-anywhere">{sentence}</p>
    </details>
  );
}
