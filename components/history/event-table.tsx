'use client';

import Link from 'next/link';
import type { MouseEvent } from 'react';
import { Avatar, SystemAvatar } from '@/components/ui/avatar';
import { classNames } from '@/components/ui/class-names';
import { StatusChip } from '@/components/ui/status-chip';
import { GroupRow, Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import { Time } from '@/components/ui/time';
import { formatUtc } from '@/components/ui/time-format';
import { auditActionLabel } from '@/lib/core/audit-actions';
import type { AuditEntry } from '@/lib/core/views';
import { byDay, countEvents, type Day, detailOf, outcomeOf } from './event-look';
import { subjectHref } from './subject-href';

export interface EventTableProps {
  entries: readonly AuditEntry[];
  /** Whether older or newer events of a day may be on another page. */
  partial: { newest: boolean; oldest: boolean };
  selected: number | undefined;
  /** The panel beside the table leaves no room for what it shows itself. */
  narrow: boolean;
  hrefOf: (seq: number) => string;
  onSelect: (seq: number) => void;
}

/** The events of a page under their days. */
export function EventTable(props: EventTableProps) {
  const { entries, partial, selected, narrow, hrefOf, onSelect } = props;
  const days = byDay(entries);
  const columns = narrow ? 6 : 7;
  return (
    <Table label="Events" className={narrow ? 'md:min-w-[46rem]' : 'md:min-w-[58rem]'}>
      <THead>
        <TR>
          <TH>#</TH>
          <TH className="max-md:hidden">Time, UTC and local</TH>
          <TH className="max-md:hidden">Person</TH>
          <TH>Action</TH>
          <TH className="max-md:hidden">Subject</TH>
          {narrow ? null : <TH className="max-md:hidden">Target</TH>}
          <TH>Outcome</TH>
        </TR>
      </THead>
      <TBody>
        {days.flatMap((day, index) => [
          <GroupRow key={day.day} colSpan={columns}>
            {dayWords(day.day)}{' '}
            <span className="font-normal text-text-3">
              {dayCount(day, {
                cut:
                  (index === 0 && partial.newest) || (index === days.length - 1 && partial.oldest),
              })}
            </span>
          </GroupRow>,
          ...day.entries.map((entry) => (
            <EventRow
              key={entry.seq}
              entry={entry}
              selected={entry.seq === selected}
              narrow={narrow}
              href={hrefOf(entry.seq)}
              onSelect={() => onSelect(entry.seq)}
            />
          )),
        ])}
      </TBody>
    </Table>
  );
}

/** The control of a row, for moving the focus with the selection. */
export const rowLinkId = (seq: number): string => `event-${seq}`;

interface EventRowProps {
  entry: AuditEntry;
  selected: boolean;
  narrow: boolean;
  href: string;
  onSelect: () => void;
}

function EventRow({ entry, selected, narrow, href, onSelect }: EventRowProps) {
  const action = auditActionLabel(entry.action);
  const detail = detailOf(entry);
  const outcome = outcomeOf(entry);
  return (
    <TR interactive selected={selected} onClick={(event) => isRowClick(event) && onSelect()}>
      <TD numeric>
        <Link
          id={rowLinkId(entry.seq)}
          href={href}
          prefetch={false}
          scroll={false}
          aria-label={`${entry.seq.toLocaleString('en-US')} ${action}, details`}
          aria-current={selected ? 'true' : undefined}
          onClick={(event) => {
            if (!isPlainClick(event)) return;
            event.preventDefault();
            onSelect();
          }}
          className="mono text-text-2 hover:text-accent-text hover:underline"
        >
          {entry.seq.toLocaleString('en-US')}
        </Link>
      </TD>
      <TD numeric className="max-md:hidden">
        <Time value={entry.at} format="time" zone={false} />
      </TD>
      <TD className="max-md:hidden">
        <EventPerson entry={entry} />
      </TD>
      <TD>
        {/* Below the action where both are too wide: the outcome at the end stays in sight. */}
        <span className="flex flex-wrap items-baseline gap-x-1.5 md:whitespace-nowrap">
          <span className="font-medium">{action}</span>
          {detail ? (
            <code
              title={detail}
              className={classNames(
                'mono text-text-2 max-md:wrap-anywhere md:truncate',
                narrow ? 'md:max-w-44' : 'md:max-w-64',
              )}
            >
              {detail}
            </code>
          ) : null}
        </span>
        {/* A phone has no room for their columns. */}
        <span className="block text-xs wrap-anywhere text-text-2 md:hidden">
          <Time value={entry.at} format="time" local={false} />, {entry.actor.name}
          {entry.subject ? ', ' : null}
          <EventSubject subject={entry.subject} />
        </span>
      </TD>
      <TD className="max-md:hidden">
        <span
          title={entry.subject ?? undefined}
          className={classNames('block truncate', narrow ? 'max-w-28' : 'max-w-52')}
        >
          <EventSubject subject={entry.subject} />
        </span>
      </TD>
      {narrow ? null : (
        <TD className="whitespace-nowrap text-text-2 max-md:hidden">{entry.target}</TD>
      )}
      <TD>
        <StatusChip tone={outcome.tone} bare className="md:whitespace-nowrap">
          {outcome.word}
        </StatusChip>
      </TD>
    </TR>
  );
}

/** Who acted: a person by name, or Backstep itself. */
export function EventPerson({ entry }: { entry: AuditEntry }) {
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      {entry.actor.role === 'system' ? (
        <SystemAvatar size="sm" />
      ) : (
        <Avatar name={entry.actor.name} size="sm" />
      )}
      <span>{entry.actor.name}</span>
    </span>
  );
}

/** What the act was about: the way to it where it is a rollback. */
export function EventSubject({ subject }: { subject: string | null }) {
  if (subject === null) return null;
  const href = subjectHref(subject);
  if (href === undefined) return <>{subject}</>;
  return (
    <Link href={href} prefetch={false} className="link mono whitespace-nowrap">
      {subject}
    </Link>
  );
}

const weekday = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'long' });

function dayWords(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  return `${formatUtc(date, 'date')}, ${weekday.format(date)}`;
}

function dayCount(day: Day, { cut }: { cut: boolean }): string {
  return cut ? `${countEvents(day.entries.length)} on this page` : countEvents(day.entries.length);
}

/** A click on the row itself: not on a link in it, and not the end of marking its text. */
function isRowClick(event: MouseEvent<HTMLTableRowElement>): boolean {
  const target = event.target as Element;
  return !target.closest('a, button') && (window.getSelection()?.isCollapsed ?? true);
}

/** Anything else asks the browser for another window. */
function isPlainClick(event: MouseEvent): boolean {
  return !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
}
