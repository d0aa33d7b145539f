import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { RestoreView } from '@/components/restore/restore-view';
import { MessagePage } from '@/components/shell/message-page';
import { ButtonLink } from '@/components/ui/button-link';
import { currentActor } from '@/lib/auth/next';
import { BackstepError } from '@/lib/core/errors';
import { parseRestoreLabel } from '@/lib/core/restore';
import { getRestore } from '@/lib/restore';
import { contextFor } from '@/lib/server/runtime';

interface RestorePageProps {
  params: Promise<{ label: string }>;
}

export async function generateMetadata({ params }: RestorePageProps): Promise<Metadata> {
  return { title: (await params).label };
}

/** The room of one emergency restore. */
export default async function RestorePage({ params }: RestorePageProps) {
  const { label } = await params;
  if (parseRestoreLabel(label) === undefined) notFound();
  const ctx = await contextFor(await currentActor(`/restore/${label}`));
  const client = new QueryClient();
  try {
    client.setQueryData(['restore', label], await getRestore(ctx, { restore: label }));
  } catch (cause) {
    if (!(cause instanceof BackstepError)) throw cause;
    if (cause.code === 'not_found') notFound();
    if (cause.code === 'config_invalid') return <NotConfigured label={label} why={cause.message} />;
    throw cause;
  }
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <RestoreView label={label} />
    </HydrationBoundary>
  );
}

/** Its target has left the configuration: what was done is in the history all the same. */
function NotConfigured({ label, why }: { label: string; why: string }) {
  return (
    <MessagePage
      embedded
      title={`${label} can’t be shown`}
      icon="settings"
      tone="warn"
      actions={
        <>
          <ButtonLink href={`/history?subject=${label}`} variant="primary">
            History of {label}
          </ButtonLink>
          <ButtonLink href="/restore">All emergency restores</ButtonLink>
        </>
      }
    >
      <p>{why}</p>
      <p>Its databases on the server are left as they are; nothing drops them meanwhile.</p>
    </MessagePage>
  );
}
