import type { Metadata } from 'next';
import { BackupList } from '@/components/backups/backup-list';
import { Page, PageHeader } from '@/components/shell/page';
import { ButtonLink } from '@/components/ui/button-link';
import { currentActor } from '@/lib/auth/next';
import { listBackups } from '@/lib/backup';
import { contextFor } from '@/lib/server/runtime';

export const metadata: Metadata = { title: 'Backups' };

/** What every target can be brought back from, and how far each of it is proven. */
export default async function BackupsRoute() {
  const actor = await currentActor('/backups');
  const page = await listBackups(await contextFor(actor));
  return (
    <Page>
      <PageHeader
        title="Backups"
        detail={retentionWords(page.retention)}
        actions={
          <ButtonLink href="/restore" icon="swap">
            Emergency restores
          </ButtonLink>
        }
      />
      <BackupList page={page} />
    </Page>
  );
}

function retentionWords(retention: { count: number; days: number } | null): string {
  return retention
    ? `Kept: the newest ${retention.count} of each target, all younger than ${retention.days} ${retention.days === 1 ? 'day' : 'days'}, and whatever something open refers to.`
    : 'What each target can be brought back from. No retention is configured: none is ever pruned.';
}
