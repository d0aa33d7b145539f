import { amountSource, formatAmount } from '@/components/room/amount';
import { formatCount } from '@/components/room/format-count';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import type { Amount } from '@/lib/core/evidence';

export interface LostWritesProps {
  backup: string;
  /** Age of the backup's snapshot. */
  ageMs: number;
  writes: Amount;
  /** The most first. */
  tables: readonly { table: string; changes: number }[];
}

const MOST_SHOWN = 6;

/** What has been written since the backup's snapshot, and will not be in the restored database. */
export function LostWrites({ backup, ageMs, writes, tables }: LostWritesProps) {
  const shown = tables.slice(0, MOST_SHOWN);
  const rest = tables.slice(MOST_SHOWN);
  const most = Math.max(1, ...tables.map(({ changes }) => changes));
  return (
    <div className="flex flex-col gap-3">
      <p className="text-sm text-text-2">
        <span className="text-stat font-semibold text-text tabular-nums">
          {formatAmount(writes)}
        </span>{' '}
        row changes in {formatCoarseDuration(ageMs)} are not in {backup}
      </p>
      {shown.length > 0 ? (
        <dl className="grid grid-cols-[minmax(0,auto)_minmax(3rem,1fr)_auto] items-center gap-x-3 gap-y-1 text-sm">
          {shown.map(({ table, changes }) => (
            <Line key={table} name={table} changes={changes} share={changes / most} />
          ))}
          {rest.length > 0 ? (
            <Line
              name={formatCount(rest.length, 'other table')}
              changes={rest.reduce((sum, { changes }) => sum + changes, 0)}
              share={0}
            />
          ) : null}
        </dl>
      ) : null}
      <p className="text-xs text-text-3">
        {writes.value === null ? amountSource(writes) : 'From the server’s table statistics.'} They
        stay readable in what is swapped out.
      </p>
    </div>
  );
}

function Line({ name, changes, share }: { name: string; changes: number; share: number }) {
  return (
    <>
      <dt className="min-w-0">
        <code className="mono wrap-anywhere">{name}</code>
      </dt>
      <dd aria-hidden className="h-1.5 rounded-full bg-sunken">
        <span
          className="block h-full rounded-full bg-warn"
          style={{ width: `${Math.round(share * 100)}%` }}
        />
      </dd>
      <dd className="text-right tabular-nums">{changes.toLocaleString('en-US')}</dd>
    </>
  );
}
