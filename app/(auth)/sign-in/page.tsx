import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { SignInForm } from '@/components/account/sign-in-form';
import { needsSetup } from '@/lib/auth';
import { actorOfRequest } from '@/lib/auth/next';
import { controlDb } from '@/lib/server/runtime';
import { ownPath } from './_parts/own-path';

export const metadata: Metadata = { title: 'Sign in' };

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<{ from?: string | string[] }>;
}) {
  const from = ownPath((await searchParams).from);
  if (await actorOfRequest()) redirect(from);
  if (await needsSetup({ db: controlDb() })) redirect('/setup');
  return (
    <>
      <h1>Sign in</h1>
      <p className="mt-1 text-text-2">Every sign-in is written to the history.</p>
      <SignInForm from={from} />
    </>
  );
}
