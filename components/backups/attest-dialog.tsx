'use client';

import { type FormEvent, useId, useState } from 'react';
import { useRoomNow } from '@/components/room/room-clock';
import { Banner } from '@/components/ui/banner';
import { Button } from '@/components/ui/button';
import { Checkbox } from '@/components/ui/checkbox';
import { Dialog, DialogCancel } from '@/components/ui/dialog';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { Field } from '@/components/ui/field';
import { Icon, type IconName } from '@/components/ui/icon';
import { Input } from '@/components/ui/input';
import { formatLocal } from '@/components/ui/time-format';
import { useTimeZone } from '@/components/ui/use-time-zone';
import {
  type AttestInput,
  type AttestProblems,
  attestInput,
  attestProblems,
  EMPTY_ATTESTATION,
  takenAtMs,
} from './attest-fields';

export interface AttestDialogProps {
  target: { name: string; address: string | null };
  secondPerson: boolean;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  pending: boolean;
  /** Why the server did not take it. */
  error: string | null;
  onAttest: (input: AttestInput) => void;
}

/** Where a person names a backup that was made elsewhere, and signs for it. */
export function AttestDialog(props: AttestDialogProps) {
  const { open, onOpenChange, pending, target } = props;
  const formId = useId();
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        if (!pending) onOpenChange(next);
      }}
      size="lg"
      title={`Vouch for a backup of ${target.name}`}
      description="Backstep can’t read it. What you say here is all that stands behind it."
      actions={
        <>
          <DialogCancel>Cancel</DialogCancel>
          <Button
            type="submit"
            form={formId}
            variant="primary"
            icon="sign"
            pending={pending}
            pendingLabel="Signing"
          >
            Vouch for it
          </Button>
        </>
      }
    >
      {/* Mounted with the dialog, so that what was typed is forgotten when it closes. */}
      <AttestForm {...props} formId={formId} />
    </Dialog>
  );
}

function AttestForm(props: AttestDialogProps & { formId: string }) {
  const { target, secondPerson, pending, error, onAttest, formId } = props;
  const now = useRoomNow(1_000);
  const [fields, setFields] = useState(EMPTY_ATTESTATION);
  const [tried, setTried] = useState(false);
  const problems: AttestProblems = tried ? attestProblems(fields, now) : {};
  const set = (change: Partial<typeof fields>) => setFields({ ...fields, ...change });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    setTried(true);
    const [first] = Object.keys(attestProblems(fields, now));
    if (first === undefined) onAttest(attestInput(fields));
    else event.currentTarget.querySelector<HTMLInputElement>(`[name="${first}"]`)?.focus();
  }

  return (
    <form id={formId} onSubmit={submit} noValidate className="flex flex-col gap-4">
      {error ? (
        <Banner tone="danger" title="Not written down" role="alert">
          {error}
        </Banner>
      ) : null}
      <WhatItMeans target={target} secondPerson={secondPerson} />
      <div className="grid gap-4 md:grid-cols-2">
        <Field label="Provider" required error={problems.provider}>
          <Input
            name="provider"
            value={fields.provider}
            placeholder="AWS RDS, pgBackRest, NetApp"
            maxLength={300}
            autoComplete="off"
            onChange={(event) => set({ provider: event.target.value })}
          />
        </Field>
        <Field label="Id of the snapshot" required error={problems.reference}>
          <Input
            name="reference"
            mono
            value={fields.reference}
            maxLength={300}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => set({ reference: event.target.value })}
          />
        </Field>
        <Field
          label="Taken at, in UTC"
          required
          error={problems.takenAt}
          hint={<TakenHint value={fields.takenAt} now={now} />}
        >
          <Input
            name="takenAt"
            type="datetime-local"
            value={fields.takenAt}
            onChange={(event) => set({ takenAt: event.target.value })}
          />
        </Field>
        <Field
          label="Link to it"
          optional
          error={problems.link}
          hint="The page where a second person sees the same."
        >
          <Input
            name="link"
            type="url"
            value={fields.link}
            placeholder="https://"
            maxLength={2_000}
            autoComplete="off"
            onChange={(event) => set({ link: event.target.value })}
          />
        </Field>
      </div>
      <div className="rounded-lg border border-line bg-raised px-4 py-3">
        <Checkbox
          name="vouched"
          label={`I have looked: it is complete, it is of ${target.name}, and we can restore it.`}
          hint="Your name, these facts and the time go into the history."
          checked={fields.vouched}
          onCheck={(vouched) => set({ vouched })}
        />
        {problems.vouched ? (
          <p className="mt-1.5 flex items-start gap-1.5 pl-6.5 text-xs text-danger-text">
            <Icon name="danger" size={14} className="mt-px" />
            {problems.vouched}
          </p>
        ) : null}
      </div>
    </form>
  );
}

function WhatItMeans({ target, secondPerson }: Pick<AttestDialogProps, 'target' | 'secondPerson'>) {
  const lines: [icon: IconName, text: string][] = [
    [
      'eyeOff',
      'Nothing is read, restored or rehearsed on. If it is empty or of another database, nobody notices before it is needed.',
    ],
    [
      'check',
      `Look first: the provider shows it as complete, and it is of ${target.address ?? target.name}.`,
    ],
    ['clock', 'What was written after it was taken is not in it.'],
    ...(secondPerson
      ? ([['users', 'It counts once a second person has confirmed it.']] satisfies [
          IconName,
          string,
        ][])
      : []),
  ];
  return (
    <ul className="flex flex-col gap-2 text-sm">
      {lines.map(([icon, text]) => (
        <li key={icon} className="flex gap-2">
          <Icon name={icon} className="mt-0.5 text-text-3" />
          <span className="min-w-0 wrap-anywhere">{text}</span>
        </li>
      ))}
    </ul>
  );
}

/** The same moment on the reader's own clock, which shows a slip of the time zone at once. */
function TakenHint({ value, now }: { value: string; now: number }) {
  const timeZone = useTimeZone();
  const ms = takenAtMs(value);
  if (ms === null) return 'Providers often show local time: look which one.';
  const here = timeZone ? formatLocal(new Date(ms), timeZone) : null;
  const age =
    ms <= now ? `${formatCoarseDuration(now - ms)} ago` : `in ${formatCoarseDuration(ms - now)}`;
  return here ? `${here.clock} ${here.zone} by your clock, ${age}.` : `${age}.`;
}
