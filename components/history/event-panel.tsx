'use client';

import Link from 'next/link';
import { CodeBlock } from '@/components/ui/code-block';
import { CopyButton } from '@/components/ui/copy-button';
import { IconButton } from '@/components/ui/icon-button';
import { Kbd } from '@/components/ui/kbd';
import { KeyValue } from '@/components/ui/key-value';
import { SidePanel, SidePanelSection } from '@/components/ui/side-panel';
import { StatusChip } from '@/components/ui/status-chip';
import { Time } from '@/components/ui/time';
import { ROLE_LABELS } from '@/lib/core/actor';
import { auditActionLabel } from '@/lib/core/audit-actions';
import type { AuditEntry } from '@/lib/core/views';
import { eventNumber, outcomeOf, shortHash, wordsOf } from './event-look';
import { EventPerson, EventSubject } from './event-table';
import { historyHref } from './history-url';
import { jsonLines } from './json-lines';

export interface EventPanelProps {
  entry: AuditEntry;
  /** The whole address of this event, to send to somebody. */
  address: string;
  /** To the next one up the list and down; absent at its ends. */
  onNewer: (() => void) | undefined;
  onOlder: (() => void) | undefined;
  onClose: () => void;
}

/** Everything that is recorded of one event. */
export function EventPanel({ entry, address, onNewer, onOlder, onClose }: EventPanelProps) {
  return (
    <SidePanel
      eyebrow={<span className="mono">{eventNumber(entry.seq)}</span>}
      title={auditActionLabel(entry.action)}
      onClose={onClose}
      className="sticky top-12 h-[calc(100dvh-3rem)] overflow-y-auto"
      actions={
        <>
          <IconButton
            icon="chevronUp"
            label="Newer event"
            disabledReason={onNewer ? null : 'This is the newest event on this page.'}
            onClick={onNewer}
          />
          <IconButton
            icon="chevronDown"
            label="Older event"
            disabledReason={onOlder ? null : 'This is the oldest event on this page.'}
            onClick={onOlder}
          />
          <CopyButton text={address} what="link to this event" className="size-8" />
        </>
      }
    >
      {/* Takes the focus of a click on its text, so that the keys go on working. */}
      <div tabIndex={-1}>
        <SidePanelSection>
          <Facts entry={entry} />
        </SidePanelSection>
        {wordsOf(entry.payload).map(({ label, text }) => (
          <SidePanelSection key={label} label={label}>
            <p className="text-sm wrap-anywhere whitespace-pre-line">{text}</p>
          </SidePanelSection>
        ))}
        <SidePanelSection label="Integrity">
          <Integrity entry={entry} />
        </SidePanelSection>
        <RecordedData payload={entry.payload} />
        <div className="flex flex-col gap-3 px-5 py-4 text-sm">
          {entry.subject ? (
            <Link
              href={historyHref({ filters: { subject: entry.subject } })}
              className="link self-start wrap-anywhere"
            >
              See all events of {entry.subject}
            </Link>
          ) : null}
          <p className="flex flex-wrap items-center gap-1.5 text-xs text-text-3 max-md:hidden">
            <Kbd>J</Kbd> older <Kbd>K</Kbd> newer <Kbd>Esc</Kbd> closes
          </p>
        </div>
      </div>
    </SidePanel>
  );
}

function Facts({ entry }: { entry: AuditEntry }) {
  const outcome = outcomeOf(entry);
  return (
    <KeyValue
      entries={[
        {
          id: 'outcome',
          label: 'Outcome',
          value: (
            <StatusChip tone={outcome.tone} bare>
              {outcome.word}
            </StatusChip>
          ),
        },
        {
          id: 'person',
          label: 'Person',
          value: (
            <span className="inline-flex flex-wrap items-center gap-x-2">
              <EventPerson entry={entry} />
              <span className="text-text-2">{roleWords(entry.actor.role)}</span>
            </span>
          ),
        },
        {
          id: 'time',
          label: 'Time',
          value: (
            <>
              <Time value={entry.at} format="millisecond" />
              <Time value={entry.at} format="date" className="block text-text-2" />
            </>
          ),
        },
        ...(entry.target ? [{ id: 'target', label: 'Target', value: entry.target }] : []),
        ...(entry.subject
          ? [{ id: 'subject', label: 'Subject', value: <EventSubject subject={entry.subject} /> }]
          : []),
        {
          id: 'request',
          label: 'Request',
          value: <Hash text={entry.requestId} what="request number" />,
        },
      ]}
    />
  );
}

/** What ties the row to the one before: the chain that 'Verify chain' computes anew. */
function Integrity({ entry }: { entry: AuditEntry }) {
  return (
    <KeyValue
      entries={[
        {
          id: 'previous',
          label: 'Previous hash',
          value:
            entry.seq === 1 ? (
              <span className="text-text-2">None, this is the first event</span>
            ) : (
              <Hash text={entry.prevHash} what="previous hash" />
            ),
        },
        { id: 'this', label: 'This hash', value: <Hash text={entry.hash} what="hash" /> },
      ]}
    />
  );
}

function Hash({ text, what }: { text: string; what: string }) {
  return (
    <span className="inline-flex items-center gap-1">
      <code className="mono">{shortHash(text)}</code>
      <CopyButton text={text} what={what} />
    </span>
  );
}

function RecordedData({ payload }: { payload: AuditEntry['payload'] }) {
  if (Object.keys(payload).length === 0) {
    return (
      <SidePanelSection label="Recorded data">
        <p className="text-sm text-text-2">None beyond the facts above.</p>
      </SidePanelSection>
    );
  }
  return (
    <SidePanelSection
      label={
        <span className="flex items-center justify-between gap-2">
          Recorded data
          <CopyButton text={JSON.stringify(payload, null, 2)} what="recorded data" word="Copy" />
        </span>
      }
    >
      <CodeBlock
        label="Recorded data"
        lines={jsonLines(payload)}
        firstLine={null}
        wrap="always"
        className="max-h-96 rounded-md border border-line bg-raised"
      />
    </SidePanelSection>
  );
}

function roleWords(role: AuditEntry['actor']['role']): string {
  if (role === 'system') return 'by itself';
  if (role === 'anonymous') return 'no account';
  return ROLE_LABELS[role];
}
