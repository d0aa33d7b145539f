'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { ActionError, postAction } from '@/components/api/post-action';
import { holdPageRefresh, pageRefreshed } from '@/components/targets/page-refresh';
import { Button } from '@/components/ui/button';
import { classNames } from '@/components/ui/class-names';
import { Dock } from '@/components/ui/dock';
import { Field } from '@/components/ui/field';
import { Icon } from '@/components/ui/icon';
import { Input } from '@/components/ui/input';
import { Kbd } from '@/components/ui/kbd';
import { SequenceChips, type SequenceItem } from '@/components/ui/sequence-chips';
import { Textarea } from '@/components/ui/textarea';
import type { MigrationLine } from '@/lib/core/views';

export interface DestinationDockProps {
  target: string;
  destination: MigrationLine;
  /** What is undone, in run order. */
  chain: readonly { tag: string; number: string }[];
  /** Why no rollback can be created here now. */
  blocked: string | null;
  onClear: () => void;
}

/**
 * What has been chosen, why, and the button that pins it as a plan. Nothing runs from here. On a phone
 * the fields come when they are asked for: half of the list would be under them while one still looks
 * for the right migration.
 */
export function DestinationDock(props: DestinationDockProps) {
  const { target, destination, chain, blocked, onClear } = props;
  const router = useRouter();
  const reason = useRef<HTMLTextAreaElement>(null);
  const incident = useRef<HTMLInputElement>(null);
  const [noReason, setNoReason] = useState(false);
  const [failure, setFailure] = useState<{ key: string; message: string } | null>(null);
  const [pending, setPending] = useState(false);
  const [writing, setWriting] = useState(false);
  const release = useRef<() => void>(() => undefined);
  useEffect(() => () => release.current(), []);

  function write() {
    // At once, as a phone shows its keyboard only for a focus that comes with the press.
    flushSync(() => setWriting(true));
    reason.current?.focus();
  }

  async function create() {
    // Read from the fields: what was typed before the page came alive counts, too.
    const why = reason.current?.value.trim() ?? '';
    setFailure(null);
    setNoReason(why === '');
    if (why === '') {
      reason.current?.focus();
      return;
    }
    setPending(true);
    release.current = holdPageRefresh();
    try {
      const { label } = await postAction<{ id: number; label: string }>('create_rollback', {
        target,
        to: destination.key,
        reason: why,
        incident: incident.current?.value.trim() || undefined,
      });
      await pageRefreshed();
      router.push(`/rollbacks/${label}`);
    } catch (cause) {
      release.current();
      setPending(false);
      const message =
        cause instanceof ActionError
          ? cause.message
          : 'The rollback was not created. Reload the page and try again.';
      setFailure({ key: destination.key, message });
    }
  }

  const name = destination.number ?? destination.tag ?? destination.key;
  return (
    <Dock
      label="New rollback"
      title={`Roll back to ${name}: undo ${chain.length.toLocaleString('en-US')} ${chain.length === 1 ? 'migration' : 'migrations'}`}
      detail={
        <SequenceChips
          label="Undone in this order"
          items={chipsOf(chain)}
          className={writing ? 'max-md:hidden' : undefined}
        />
      }
      reason={blocked}
      actions={
        <div
          data-destination-dock
          className="flex min-w-0 flex-wrap items-start justify-end gap-3 md:max-w-[740px]"
        >
          {/* The room that the page keeps free for the dock would scroll it away under a typing hand. */}
          <style href="destination-dock" precedence="default">
            {'html:has([data-destination-dock]:focus-within){scroll-padding-bottom:0}'}
          </style>
          {failure?.key === destination.key ? <Failure message={failure.message} /> : null}
          {blocked === null ? (
            <div
              className={classNames(
                'flex min-w-0 items-start gap-3 max-md:w-full',
                !writing && 'max-md:hidden',
              )}
            >
              <Field
                label="Reason"
                required
                error={noReason ? 'Say why: reviewers and the record need it.' : undefined}
                className="w-80 max-md:w-auto max-md:flex-1"
              >
                <Textarea
                  ref={reason}
                  rows={1}
                  maxLength={2_000}
                  onChange={() => setNoReason(false)}
                  className="field-sizing-content max-h-32 resize-none! max-md:min-h-11 md:py-[5px]!"
                />
              </Field>
              <Field label="Incident" optional className="w-36 shrink-0 max-md:w-32">
                <Input ref={incident} maxLength={200} autoComplete="off" />
              </Field>
            </div>
          ) : null}
          <div
            className={classNames(
              'flex items-center gap-3 max-md:w-full',
              // As deep as the label above the fields, so that an error below them moves nothing.
              blocked === null && 'md:pt-[26px]',
            )}
          >
            <Button variant="quiet" onClick={onClear}>
              Clear{' '}
              <span aria-hidden className="max-md:hidden">
                <Kbd>Esc</Kbd>
              </span>
            </Button>
            {blocked === null && !writing ? (
              <Button variant="primary" onClick={write} className="md:hidden">
                Give a reason
              </Button>
            ) : null}
            <Button
              variant="primary"
              className={blocked === null && !writing ? 'max-md:hidden' : undefined}
              onClick={create}
              pending={pending}
              pendingLabel="Creating"
              disabledReason={blocked}
              reasonPlacement="hidden"
            >
              Create rollback
            </Button>
          </div>
        </div>
      }
    />
  );
}

/** The server's words, with a way to the rollback that they name. */
function Failure({ message }: { message: string }) {
  const label = /\bRB-\d+\b/.exec(message)?.[0];
  return (
    <p role="alert" className="flex basis-full items-start gap-1.5 text-sm text-danger-text">
      <Icon name="danger" className="mt-0.5" />
      <span className="wrap-anywhere">
        {message}{' '}
        {label ? (
          <Link href={`/rollbacks/${label}`} className="link">
            Open {label}
          </Link>
        ) : null}
      </span>
    </p>
  );
}

const FIRST = 6;

/** In run order; the middle of a long chain in one chip, so that the dock stays a dock. */
function chipsOf(chain: DestinationDockProps['chain']): SequenceItem[] {
  const chip = (label: string): SequenceItem => ({ label, tone: 'undo' });
  const numbers = chain.map((step) => chip(step.number));
  if (numbers.length <= FIRST + 2) return numbers;
  return [
    ...numbers.slice(0, FIRST),
    chip(`${(numbers.length - FIRST - 1).toLocaleString('en-US')} more`),
    ...numbers.slice(-1),
  ];
}
