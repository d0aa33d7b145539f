import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { SetupForm } from '@/components/account/setup-form';
import { needsSetup } from '@/lib/auth';
import { controlDb } from '@/lib/server/runtime';

export const metadata: Metadata = { title: 'Set up' };

/** Open until the first administrator exists, and never again. */
export default async function SetupPage({
  searchParams,
}: {
  searchParams: Promise<{ token?: string | string[] }>;
}) {
  if (!(await needsSetup({ db: controlDb() }))) redirect('/sign-in');
  const { token } = await searchParams;
  return (
    <>
      <h1>Create the first administrator</h1>
      <p className="mt-1 text-text-2">
        Administrators add the other people: who plans and runs, who approves, who reads.
      </p>
      <SetupForm token={typeof token === 'string' ? token : ''} />
    </>
  );
}
