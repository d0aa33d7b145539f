import type { ReactNode } from 'react';
import { formatCount, formatSize } from '@/components/room/format-count';
import { Ago } from '@/components/ui/ago';
import { Command } from '@/components/ui/command';
import { CopyButton } from '@/components/ui/copy-button';
import { Disclosure } from '@/components/ui/disclosure';
import { Spinner } from '@/components/ui/spinner';
import { Time } from '@/components/ui/time';
import type { RescueEvidence } from '@/lib/core/evidence';

/**
 * Copies of what scripts destroyed, newest first: a later copy may need what an earlier one brings, so
 * that they are merged back in this order.
 */
export function RescueCopies({ copies }: { copies: readonly RescueEvidence[] }) {
  return (
    <ol>
      {copies.toReversed().map((copy) => (
        <li key={copy.id} className="border-b border-line-soft px-4 py-3 last:border-b-0">
          <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
            <p className="min-w-0 flex-1 basis-56 font-medium wrap-anywhere">{copy.subject}</p>
            <p className="text-sm text-text-2 tabular-nums">
              {formatCount(copy.rows, 'row')}, {formatSize(copy.bytes)}
            </p>
          </div>
          <p className="mt-0.5 flex flex-wrap items-center gap-x-2 text-xs text-text-2">
            <code className="mono wrap-anywhere">{copy.copy}</code>
            <CopyButton text={copy.copy} what="name of the copy" />
            <span>
              copied <Time value={copy.createdAt} format="dayMinute" dot /> (
              <Ago value={copy.createdAt} />)
            </span>
            <State copy={copy} />
          </p>
          {copy.prunedAt ? null : (
            <Disclosure summary="Merge it back">
              <p className="mb-2 text-sm text-text-2">
                Once the newer release is deployed again and what was destroyed is there again, for
                the role that owns it. Copies are merged back in the order of this list.
              </p>
              <Command prompt="=#" text={copy.mergeSql} what={`SQL that merges ${copy.copy}`} />
            </Disclosure>
          )}
        </li>
      ))}
    </ol>
  );
}

function State({ copy }: { copy: RescueEvidence }): ReactNode {
  if (copy.prunedAt)
    return (
      <span>
        dropped <Time value={copy.prunedAt} format="dayMinute" dot />
      </span>
    );
  if (copy.pruneError)
    return (
      <span role="alert" className="text-danger-text">
        Not dropped: {copy.pruneError}
      </span>
    );
  if (copy.pruneRequestedAt)
    return (
      <span className="inline-flex items-center gap-1.5">
        <Spinner size={14} className="text-info" />
        <span>
          being dropped, asked <Ago value={copy.pruneRequestedAt} />
        </span>
      </span>
    );
  return null;
}
