import type { Metadata } from 'next';
import { PasswordForm } from '@/components/account/password-form';
import { People } from '@/components/account/people';
import { Page, PageHeader } from '@/components/shell/page';
import { listPeople } from '@/lib/auth';
import { currentActor } from '@/lib/auth/next';
import { can } from '@/lib/core/actor';
import { configPath, contextFor, currentConfig } from '@/lib/server/runtime';
import { ConfiguredTargets } from './_parts/configured-targets';

export const metadata: Metadata = { title: 'Settings' };

export default async function SettingsPage() {
  const actor = await currentActor('/settings');
  const { config } = await currentConfig();
  const people = can(actor, 'people.manage')
    ? await listPeople(await contextFor(actor))
    : undefined;
  return (
    <Page>
      <PageHeader title="Settings" />
      <div className="flex flex-col gap-6">
        {people ? <People people={people} selfId={actor.id} /> : null}
        <ConfiguredTargets path={configPath()} targets={config.targets} />
        <PasswordForm />
      </div>
    </Page>
  );
}
