'use client';

import { type FormEvent, useState } from 'react';
import { leave } from '@/components/account/leave';
import { ActionError, postAction } from '@/components/api/post-action';
import { Banner } from '@/components/ui/banner';
import { Button } from '@/components/ui/button';
import { Field } from '@/components/ui/field';
import { Input } from '@/components/ui/input';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';

/** One's own password. Every session ends with it, so the next page is the sign-in. */
export function PasswordForm() {
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, setPending] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const input = Object.fromEntries(new FormData(event.currentTarget));
    setPending(true);
    setProblem(null);
    try {
      await postAction('change_password', input);
    } catch (cause) {
      setProblem(cause instanceof ActionError ? cause.message : 'This did not work. Try again.');
      setPending(false);
      return;
    }
    // The session is over already; only its cookie is left.
    await leave().catch(() => window.location.assign('/sign-in'));
  }

  return (
    <Panel aria-labelledby="password-title">
      <PanelHeader title="Your password" titleId="password-title" />
      <PanelBody>
        <form onSubmit={submit} className="flex max-w-[376px] flex-col gap-4">
          {problem ? (
            <Banner tone="danger" title="Not changed" role="alert">
              {problem}
            </Banner>
          ) : null}
          <Field label="Current password" required>
            <Input name="current" type="password" autoComplete="current-password" />
          </Field>
          <Field
            label="New password"
            required
            hint="At least 12 characters. You sign in again with it."
          >
            <Input name="next" type="password" autoComplete="new-password" />
          </Field>
          <div>
            <Button type="submit" pending={pending} pendingLabel="Changing">
              Change password
            </Button>
          </div>
        </form>
      </PanelBody>
    </Panel>
  );
}
