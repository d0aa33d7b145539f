'use client';

import { useRouter } from 'next/navigation';
import { signIn } from 'next-auth/react';
import { type FormEvent, useState } from 'react';
import { Banner } from '@/components/ui/banner';
import { Button } from '@/components/ui/button';
import { Field } from '@/components/ui/field';
import { Input } from '@/components/ui/input';

const REASONS: Record<string, string> = {
  not_signed_in:
    'E-mail and password do not fit. Check both; an administrator can set a new password.',
  no_cookie:
    'The browser did not keep Backstep’s cookie. Open Backstep at its own address and allow cookies there.',
  too_many_attempts:
    'Too many wrong passwords for this e-mail. Wait 15 minutes, or ask an administrator for a new password.',
};

/** next-auth has a name of its own for fields that can't be an e-mail and a password. */
const codeOf = (error: string | null | undefined): string =>
  error === 'CredentialsSignin' ? 'not_signed_in' : (error ?? '');

/** @param from where the person wanted to go; a path of our own */
export function SignInForm({ from }: { from: string }) {
  const router = useRouter();
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, setPending] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const form = new FormData(event.currentTarget);
    setPending(true);
    setProblem(null);
    const result = await signIn('credentials', {
      email: form.get('email'),
      password: form.get('password'),
      redirect: false,
    }).catch(() => undefined);
    // next-auth calls it a success when its own token did not come back with the form.
    const withoutCookie = /[?&]csrf=true/.test(result?.url ?? '');
    if (result?.ok && !withoutCookie) {
      router.replace(from);
      router.refresh();
      return;
    }
    setPending(false);
    setProblem(
      REASONS[withoutCookie ? 'no_cookie' : codeOf(result?.error)] ??
        'Backstep can’t sign you in now. Try again in a moment.',
    );
  }

  return (
    <form onSubmit={submit} className="mt-6 flex flex-col gap-4">
      {problem ? (
        <Banner tone="danger" title="Not signed in" role="alert">
          {problem}
        </Banner>
      ) : null}
      <Field label="Email" required>
        <Input name="email" type="email" autoComplete="username" autoFocus />
      </Field>
      <Field label="Password" required>
        <Input name="password" type="password" autoComplete="current-password" />
      </Field>
      <Button type="submit" variant="primary" size="lg" pending={pending} pendingLabel="Signing in">
        Sign in
      </Button>
    </form>
  );
}
