'use client';

import { Fragment, useState } from 'react';
import { useTables } from '@/components/live/use-tables';
import { Button } from '@/components/ui/button';
import { Disclosure } from '@/components/ui/disclosure';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { ScrollRegion } from '@/components/ui/scroll-region';
import { LoadingLines } from '@/components/ui/skeleton';
import { StatusChip } from '@/components/ui/status-chip';
import { Time } from '@/components/ui/time';
import { useNow } from '@/components/ui/use-now';
import type { TouchedTable } from '@/lib/core/views';
import { formatCount } from './format-count';

/** The tables that the rollback touched, as the target has them at this moment. */
export function TouchedTables({ label, target }: { label: string; target: string }) {
  const { data, error, isFetching, isPending, dataUpdatedAt, refetch } = useTables(label);
  return (
    <Panel aria-labelledby="touched-tables">
      <PanelHeader
        title="Touched tables as they are now"
        titleId="touched-tables"
        detail={
          data ? (
            <>
              read from {target} <Time value={dataUpdatedAt} local={false} />
            </>
          ) : null
        }
        actions={
          <Button
            variant="quiet"
            icon="refresh"
            pending={isFetching}
            pendingLabel="Reading"
            onClick={() => void refetch()}
          >
            Read again
          </Button>
        }
      />
      {isPending ? (
        <PanelBody>
          <LoadingLines label="Reading the tables from the target" />
          <ReadingFor />
        </PanelBody>
      ) : null}
      {error && !data ? (
        <PanelBody className="text-sm">
          <p className="text-danger-text">{error.message}</p>
          <p className="text-text-2">What the run found is in the checks above.</p>
        </PanelBody>
      ) : null}
      {data?.length === 0 ? (
        <PanelBody className="text-sm text-text-2">
          The rehearsal saw no table change its structure.
        </PanelBody>
      ) : null}
      {data?.map((table) => (
        <TableNow key={table.name} table={table} />
      ))}
    </Panel>
  );
}

/** A target that is slow to answer is told from one that has just been asked. */
function ReadingFor() {
  const [since] = useState(() => Date.now());
  const now = useNow(1_000);
  if (now === null) return null;
  return (
    <p className="mt-2 text-xs text-text-2 tabular-nums">for {formatCoarseDuration(now - since)}</p>
  );
}

function TableNow({ table }: { table: TouchedTable }) {
  if (!table.exists) {
    return (
      <div className="flex min-h-10 items-center gap-2 border-b border-line-soft px-4 pl-10 last:border-b-0">
        <code className="min-w-0 flex-1 text-code wrap-anywhere">{table.name}</code>
        <StatusChip bare tone="neutral" icon="minusCircle">
          Not there
        </StatusChip>
      </div>
    );
  }
  return (
    <Disclosure
      className="border-b border-line-soft px-4 py-1 last:border-b-0"
      summary={<code className="text-code font-normal">{table.name}</code>}
      aside={
        <span className="text-xs font-normal text-text-2 tabular-nums max-md:hidden">
          {formatCount(table.columns.length, 'column')},{' '}
          {formatCount(table.indexes.length, 'index', 'indexes')},{' '}
          {formatCount(table.constraints.length, 'constraint')}
        </span>
      }
    >
      <Definitions table={table.name} title="Columns" items={table.columns} />
      <Definitions table={table.name} title="Indexes" items={table.indexes} />
      <Definitions table={table.name} title="Constraints" items={table.constraints} />
    </Disclosure>
  );
}

interface DefinitionsProps {
  table: string;
  title: string;
  items: TouchedTable['columns'];
}

function Definitions({ table, title, items }: DefinitionsProps) {
  if (items.length === 0) return null;
  return (
    <div className="pb-2">
      <h3 className="text-xs font-medium text-text-3">{title}</h3>
      <ScrollRegion label={`${title} of ${table}`}>
        <dl className="grid w-max min-w-full grid-cols-[max-content_1fr] gap-x-6 font-mono text-code">
          {items.map((item) => (
            <Fragment key={item.name}>
              <dt>{item.name}</dt>
              <dd className="whitespace-pre text-text-2">{item.definition}</dd>
            </Fragment>
          ))}
        </dl>
      </ScrollRegion>
    </div>
  );
}
