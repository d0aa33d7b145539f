'use client';

import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { Banner } from '@/components/ui/banner';
import { Button } from '@/components/ui/button';
import { Field } from '@/components/ui/field';
import { Input } from '@/components/ui/input';
import type { ActionResult } from '@/lib/core/errors';

/** @param token from the link that the server printed; empty when somebody came without it */
export function SetupForm({ token }: { token: string }) {
  const router = useRouter();
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, setPending] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    setPending(true);
    setProblem(null);
    const input = Object.fromEntries(new FormData(event.currentTarget));
    const result = await fetch('/api/setup', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(input),
    })
      .then((response) => response.json() as Promise<ActionResult<null>>)
      .catch(() => undefined);
    if (result?.ok) {
      router.replace('/sign-in');
      return;
    }
    setPending(false);
    setProblem(result?.message ?? 'Backstep can’t be reached. Try again in a moment.');
  }

  return (
    <form onSubmit={submit} className="mt-6 flex flex-col gap-4">
      {problem ? (
        <Banner tone="danger" title="Not created" role="alert">
          {problem}
        </Banner>
      ) : null}
      <Field label="Token" required hint="From the link that the server printed when it started.">
        <Input name="token" mono defaultValue={token} autoComplete="off" />
      </Field>
      <Field label="Name" required>
        <Input name="name" autoComplete="name" />
      </Field>
      <Field label="Email" required>
        <Input name="email" type="email" autoComplete="username" />
      </Field>
      <Field label="Password" required hint="At least 12 characters.">
        <Input name="password" type="password" autoComplete="new-password" />
      </Field>
      <Button type="submit" variant="primary" size="lg" pending={pending} pendingLabel="Creating">
        Create administrator
      </Button>
    </form>
  );
}
