'use client';

import { type FormEvent, useState } from 'react';
import { ActionError, postAction } from '@/components/api/post-action';
import { Banner } from '@/components/ui/banner';
import { Button } from '@/components/ui/button';
import { Dialog, DialogCancel } from '@/components/ui/dialog';
import { Field } from '@/components/ui/field';
import { Input } from '@/components/ui/input';
import { Select } from '@/components/ui/select';
import { ROLE_LABELS, ROLES } from '@/lib/core/actor';
import type { Person } from '@/lib/core/views';

const FORM_ID = 'person-form';

/** Adds a person, or changes one when `person` is given. */
export function PersonDialog({
  person,
  onClose,
  onDone,
}: {
  person: Person | null;
  onClose: () => void;
  onDone: () => void;
}) {
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, setPending] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const form = Object.fromEntries(new FormData(event.currentTarget));
    setPending(true);
    setProblem(null);
    try {
      if (person) {
        const { password, ...changes } = form;
        await postAction('update_person', {
          id: person.id,
          ...changes,
          ...(password ? { password } : {}),
        });
      } else {
        await postAction('add_person', form);
      }
      onDone();
    } catch (cause) {
      setProblem(cause instanceof ActionError ? cause.message : 'This did not work. Try again.');
      setPending(false);
    }
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={person ? `Change ${person.name}` : 'Add person'}
      actions={
        <>
          <DialogCancel>Cancel</DialogCancel>
          <Button
            type="submit"
            form={FORM_ID}
            variant="primary"
            pending={pending}
            pendingLabel="Saving"
          >
            {person ? 'Save' : 'Add person'}
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={submit} className="flex flex-col gap-4">
        {problem ? (
          <Banner tone="danger" title="Not saved" role="alert">
            {problem}
          </Banner>
        ) : null}
        <Field label="Name" required>
          <Input name="name" defaultValue={person?.name} autoComplete="off" />
        </Field>
        {person ? null : (
          <Field label="Email" required>
            <Input name="email" type="email" autoComplete="off" />
          </Field>
        )}
        <Field label="Role" required>
          <Select
            name="role"
            defaultValue={person?.role ?? 'on_call'}
            options={ROLES.map((role) => ({ value: role, label: ROLE_LABELS[role] }))}
          />
        </Field>
        <Field
          label={person ? 'New password' : 'Password'}
          required={!person}
          optional={Boolean(person)}
          hint={
            person
              ? 'At least 12 characters. Leave empty to keep it; a new one signs the person out.'
              : 'At least 12 characters. Hand it over in person; it can be changed under Settings.'
          }
        >
          <Input name="password" type="password" autoComplete="new-password" />
        </Field>
      </form>
    </Dialog>
  );
}
