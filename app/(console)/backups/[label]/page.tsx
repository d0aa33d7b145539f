import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { backupHref, backupsHref } from '@/components/backups/backup-links';
import { BackupPageView } from '@/components/backups/backup-page-view';
import { lineLook } from '@/components/backups/backup-words';
import { ProofChip } from '@/components/backups/proof-chip';
import { Page, PageHeader } from '@/components/shell/page';
import { Badge } from '@/components/ui/badge';
import { currentActor } from '@/lib/auth/next';
import { getBackup } from '@/lib/backup';
import type { Ctx } from '@/lib/control';
import type { BackupPage } from '@/lib/core/backup-views';
import { BackstepError } from '@/lib/core/errors';
import { contextFor } from '@/lib/server/runtime';
import { addressOf } from '@/lib/target';

interface BackupRouteProps {
  params: Promise<{ label: string }>;
}

export async function generateMetadata({ params }: BackupRouteProps): Promise<Metadata> {
  return { title: (await params).label };
}

/** One backup with everything that is known of it. */
export default async function BackupRoute({ params }: BackupRouteProps) {
  const { label } = await params;
  const actor = await currentActor(backupHref(label));
  const ctx = await contextFor(actor);
  const page = await readBackup(ctx, label);
  const { backup } = page;
  const target = ctx.config.targets.find(({ name }) => name === backup.target);
  return (
    <Page>
      <PageHeader
        title={`Backup ${backup.label}`}
        crumbs={[
          { label: 'Backups', href: backupsHref() },
          { label: backup.target, href: backupsHref(backup.target) },
          { label: backup.label },
        ]}
        status={
          <>
            {backup.environment ? <Badge kind={backup.environment} /> : null}
            <ProofChip look={lineLook(backup)} />
          </>
        }
      />
      <BackupPageView page={page} address={target ? addressOf(target.url) : null} />
    </Page>
  );
}

async function readBackup(ctx: Ctx, label: string): Promise<BackupPage> {
  try {
    return await getBackup(ctx, { backup: label });
  } catch (cause) {
    if (cause instanceof BackstepError && cause.code === 'not_found') notFound();
    throw cause;
  }
}
