'use client';

import Link from 'next/link';
import { memo } from 'react';
import { STATE_LOOK } from '@/components/targets/migration-words';
import { RailMark, type RailPlace } from '@/components/targets/rail-mark';
import { RollbackCell } from '@/components/targets/rollback-cell';
import { migrationHref } from '@/components/targets/target-links';
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
  /** Why it can't be the new head, in a few words. */
  whyNot: string | null;
  onChoose: (key: string) => void;
}

/** A migration in the list, with the way back to it where there is one. */
export const MigrationRow = memo(function MigrationRow({
  target,
  line,
  place,
  withYear,
  whyNot,
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
      <TD>
        <Link
          href={migrationHref(target, line.key)}
          prefetch={false}
          className="font-mono text-code wrap-anywhere hover:underline"
        >
          {number && name.startsWith(number) ? (
            <>
              <b className="font-semibold">{number}</b>
              {name.slice(number.length)}
            </>
          ) : (
            name
          )}
        </Link>
      </TD>
      <TD>
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
      <TD>
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
            <StatusChip tone="warn" icon="undo">
              Will be undone
            </StatusChip>
          ) : null}
          {place === 'destination' ? (
            <StatusChip tone="accent" icon="flag">
              Destination
            </StatusChip>
          ) : null}
        </span>
      </TD>
      <TD>
        <RollbackCell line={line} />
      </TD>
      <TD align="end" className="relative">
        {line.destination ? (
          <Button
            icon="undo"
            aria-label={`Roll back to here: ${name}`}
            aria-current={place === 'destination' || undefined}
            className="text-xs md:h-7! md:px-2.5!"
            onClick={() => onChoose(line.key)}
          >
            Roll back to here
          </Button>
        ) : whyNot ? (
          <span className="text-xs text-text-2" title={line.whyNot ?? undefined}>
            {whyNot}
            {line.whyNot ? <span className="sr-only">: {line.whyNot}</span> : null}
          </span>
        ) : null}
      </TD>
    </TR>
  );
});
