'use client';

import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { type ReactNode, useEffect, useRef } from 'react';
import { Banner } from '@/components/ui/banner';
import { classNames } from '@/components/ui/class-names';
import { Panel } from '@/components/ui/panel';
import type { AuditEntry } from '@/lib/core/views';
import { eventNumber } from './event-look';
import { EventPanel } from './event-panel';
import { EventTable, rowLinkId } from './event-table';
import { type HistoryPlace, historyHref } from './history-url';

export interface EventListProps {
  entries: readonly AuditEntry[];
  /** The event that the address names, where it is not one of these. */
  apart: AuditEntry | undefined;
  place: Pick<HistoryPlace, 'filters' | 'before'>;
  nextBefore: number | null;
  publicUrl: string;
  /** Above the table. */
  head: ReactNode;
  /** In place of the table when there is nothing for it. */
  empty: ReactNode;
}

/**
 * The table and, beside it, the event that is open. Which one is in the address, without asking the
 * server again: all of what the panel shows came with the list.
 */
export function EventList(props: EventListProps) {
  const { entries, apart, place, nextBefore, publicUrl, head, empty } = props;
  const named = Number(useSearchParams().get('event') ?? Number.NaN);
  const index = entries.findIndex((entry) => entry.seq === named);
  const open = entries[index] ?? (apart?.seq === named ? apart : undefined);
  const newer = index > 0 ? entries[index - 1] : undefined;
  const older = open ? entries[index + 1] : undefined;
  const hrefOf = (event?: number) => historyHref({ ...place, event });

  /** The first one makes a step back in the browser close the panel; more would bury the way out. */
  function show(seq: number) {
    const change = open ? 'replaceState' : 'pushState';
    window.history[change](null, '', hrefOf(seq));
  }

  const closed = useRef<number>(undefined);
  function close() {
    closed.current = eventOfAddress();
    window.history.replaceState(null, '', hrefOf());
  }

  // Not before the panel is gone: over the page it is a dialog, which keeps the focus inside.
  useEffect(() => {
    if (open || closed.current === undefined) return;
    document.getElementById(rowLinkId(closed.current))?.focus();
    closed.current = undefined;
  }, [open]);

  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      const target = event.target as Element;
      if (!open || event.defaultPrevented || isTakenElsewhere(event, target)) return;
      if (event.key === 'Escape') return close();
      // A letter is a command only where the list or the panel has the focus.
      if (!target.closest('[data-events], aside, [role="dialog"]')) return;
      const next = neighbour(event.key, entries);
      if (!next) return;
      event.preventDefault();
      show(next.seq);
      const link = document.getElementById(rowLinkId(next.seq));
      if (target.closest('[data-events]')) link?.focus();
      else link?.scrollIntoView({ block: 'nearest' });
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  });

  return (
    <div
      className={classNames(
        'flex-1',
        open && 'lg:grid lg:grid-cols-[minmax(0,1fr)_372px] lg:items-start',
      )}
    >
      <div className="mx-auto flex w-full max-w-[1280px] min-w-0 flex-col gap-3 p-6 max-md:p-4">
        <div>{head}</div>
        {!Number.isNaN(named) && !open ? (
          <Banner
            tone="warn"
            title="There is no such event"
            action={
              <Link href={hrefOf()} replace className="link text-sm">
                Show the list alone
              </Link>
            }
          >
            The address asks for an event that the history does not hold.
          </Banner>
        ) : null}
        {entries.length === 0 ? (
          <Panel>{empty}</Panel>
        ) : (
          <div data-events className="flex flex-col gap-3">
            <Panel>
              <EventTable
                entries={entries}
                partial={{ newest: place.before !== undefined, oldest: nextBefore !== null }}
                selected={open?.seq}
                narrow={open !== undefined}
                hrefOf={hrefOf}
                onSelect={(seq) => {
                  show(seq);
                  document.getElementById(rowLinkId(seq))?.focus({ preventScroll: true });
                }}
              />
            </Panel>
            <Pages place={place} nextBefore={nextBefore} />
          </div>
        )}
      </div>
      {open ? (
        <EventPanel
          entry={open}
          address={`${publicUrl}${historyHref({ filters: {}, event: open.seq })}`}
          onNewer={newer && (() => show(newer.seq))}
          onOlder={older && (() => show(older.seq))}
          onClose={close}
        />
      ) : null}
    </div>
  );
}

function Pages({ place, nextBefore }: Pick<EventListProps, 'place' | 'nextBefore'>) {
  if (place.before === undefined && nextBefore === null) return null;
  return (
    <nav aria-label="Pages" className="flex flex-wrap items-center gap-4 text-sm">
      {place.before === undefined ? null : (
        <>
          <span className="text-text-2">Older than {eventNumber(place.before)}</span>
          <Link href={historyHref({ filters: place.filters })} className="link">
            Newest events
          </Link>
        </>
      )}
      {nextBefore === null ? null : (
        <Link
          href={historyHref({ filters: place.filters, before: nextBefore })}
          className="link ml-auto"
        >
          Older events
        </Link>
      )}
    </nav>
  );
}

/** Which event is open by the address: that is ahead of the page while a key repeats. */
function eventOfAddress(): number {
  return Number(new URLSearchParams(window.location.search).get('event'));
}

/** The event that a key leads to. */
function neighbour(key: string, entries: readonly AuditEntry[]): AuditEntry | undefined {
  const step = { j: 1, k: -1 }[key];
  if (step === undefined) return undefined;
  const named = eventOfAddress();
  const index = entries.findIndex((entry) => entry.seq === named);
  // From an event that is not on the list, the way down leads to its first one.
  return index < 0 && step < 0 ? undefined : entries[index + step];
}

/** Typing, an open menu, or a key of the browser's own. */
function isTakenElsewhere(event: KeyboardEvent, target: Element): boolean {
  if (event.metaKey || event.ctrlKey || event.altKey) return true;
  return target.closest('input, textarea, select, [role="menu"]') !== null;
}
