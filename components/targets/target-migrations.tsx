'use client';

import { useQueryState } from 'nuqs';
import { useCallback, useEffect, useMemo } from 'react';
import { Page } from '@/components/shell/page';
import type { Barrier } from '@/components/targets/barrier-row';
import { DestinationDock } from '@/components/targets/destination-dock';
import { MigrationTable } from '@/components/targets/migration-table';
import { StateFilter, useStateFilter } from '@/components/targets/state-filter';
import { Banner } from '@/components/ui/banner';
import { Button } from '@/components/ui/button';
import { LiveRegion } from '@/components/ui/live-region';
import { Panel } from '@/components/ui/panel';
import { chainAbove, type MigrationLine } from '@/lib/core/views';

export interface TargetMigrationsProps {
  target: string;
  /** Newest first, as `withoutRepeats` makes them. */
  lines: MigrationLine[];
  barrier: Barrier | null;
  /** Why no rollback can be created here now. */
  blocked: string | null;
  /** What stands above and below the table. */
  above: React.ReactNode;
  below: React.ReactNode;
}

/** The migrations of a target with the choice of the one to go back to, which the address keeps. */
export function TargetMigrations(props: TargetMigrationsProps) {
  const { target, lines, barrier, blocked } = props;
  const [to, setTo] = useQueryState('to');
  const [state] = useStateFilter();
  const chosen = to === null ? undefined : lines.find((line) => line.key === to);
  const chain = useMemo(() => (to === null ? [] : chainAbove(lines, to)), [lines, to]);
  const destination = chosen?.destination ? chosen : null;

  const choose = useCallback((key: string) => void setTo(key), [setTo]);
  const clear = useCallback(() => {
    const key = to;
    void setTo(null);
    // The dock goes, and what was focused in it: back to where the choice was made.
    if (key && document.activeElement?.closest('[data-destination-dock]')) {
      document
        .querySelector<HTMLElement>(`tr[data-key="${CSS.escape(key)}"] [data-slot="button"]`)
        ?.focus();
    }
  }, [to, setTo]);

  useEffect(() => {
    if (to === null) return;
    const onKey = (event: KeyboardEvent) => {
      // A menu or dialog that takes the key for itself has prevented the default.
      if (event.key === 'Escape' && !event.defaultPrevented) clear();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [to, clear]);

  return (
    <>
      <Page className="flex flex-col gap-4">
        {props.above}
        {to !== null && !destination ? (
          <Banner
            tone="warn"
            title={`${to} can’t be the new head`}
            action={<Button onClick={clear}>Clear</Button>}
          >
            {chosen
              ? (chosen.whyNot ?? barrier?.message)
              : 'There is no migration of this name on this target. Choose one from the list.'}
          </Banner>
        ) : null}
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <StateFilter lines={lines} />
          <p className="text-xs text-text-2">
            Choose the migration to go back to. Everything above it is undone.
          </p>
        </div>
        <Panel>
          <MigrationTable
            target={target}
            lines={lines}
            barrier={barrier}
            state={state}
            destination={destination?.key ?? null}
            onChoose={choose}
          />
        </Panel>
        {props.below}
      </Page>
      <LiveRegion
        message={
          destination
            ? `Destination ${destination.tag ?? destination.key}: ${chain.length} ${chain.length === 1 ? 'migration' : 'migrations'} above it will be undone.`
            : ''
        }
      />
      {destination ? (
        <DestinationDock
          target={target}
          destination={destination}
          chain={chain}
          blocked={blocked}
          onClear={clear}
        />
      ) : null}
    </>
  );
}
