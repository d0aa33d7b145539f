import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { ScrollRegion } from '@/components/ui/scroll-region';
import type { Blocker } from '@/lib/core/events';
import { clientWords, stateWords } from './blocker-words';

/** One session that stands in the way: who it is, what it does, what it holds. */
export function BlockerFacts({ blocker }: { blocker: Blocker }) {
  const client = clientWords(blocker);
  // It has no session that could be ended; its statement is the one that ends it.
  const prepared = blocker.pid === 0;
  return (
    <>
      <dl className="flex flex-wrap gap-x-6 gap-y-2 px-3 pt-2.5 pb-2 text-sm max-md:grid max-md:grid-cols-2">
        {prepared ? (
          <Fact label="Session">none: a prepared transaction</Fact>
        ) : (
          <>
            <Fact label="pid">
              <span className="mono">{blocker.pid}</span>
            </Fact>
            <Fact label="application_name">{blocker.applicationName || 'none'}</Fact>
            <Fact label="User">{blocker.user || 'unknown'}</Fact>
          </>
        )}
        {prepared || client === undefined ? null : <Fact label="Client">{client}</Fact>}
        <Fact label="State">
          <span className="tabular-nums">{stateWords(blocker)}</span>
        </Fact>
        <Fact label="Transaction open for">
          <span className="text-warn-text tabular-nums">
            {formatCoarseDuration(blocker.transactionAgeMs)}
          </span>
        </Fact>
        {blocker.holds && blocker.holds.length > 0 ? (
          <Fact label="Holds, and the step waits for it" wide>
            {blocker.holds.join(', ')}
          </Fact>
        ) : null}
      </dl>
      {blocker.query ? (
        <div className="px-3 pb-3">
          {prepared ? (
            <p className="mb-1 text-sm text-text-2">
              It ends only by a statement that a person runs:
            </p>
          ) : null}
          <ScrollRegion
            label={prepared ? 'Statement that ends it' : `Query of session ${blocker.pid}`}
            className="max-h-24 rounded-sm bg-sunken px-2.5 py-1.5"
          >
            <code className="block text-xs leading-[18px] wrap-anywhere whitespace-pre-wrap">
              {blocker.query}
            </code>
          </ScrollRegion>
        </div>
      ) : null}
    </>
  );
}

/** @param wide takes the whole line of a phone */
function Fact(props: { label: string; wide?: boolean; children: ReactNode }) {
  const { label, wide = false, children } = props;
  return (
    <div className={classNames('min-w-0', wide && 'max-md:col-span-2')}>
      <dt className="text-xs font-medium text-text-3">{label}</dt>
      <dd className="font-medium wrap-anywhere">{children}</dd>
    </div>
  );
}
