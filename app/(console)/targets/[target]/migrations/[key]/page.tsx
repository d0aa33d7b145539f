import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Page, PageHeader } from '@/components/shell/page';
import { hazardNotes } from '@/components/targets/hazard-notes';
import { MigrationFacts } from '@/components/targets/migration-facts';
import { MigrationNotices } from '@/components/targets/migration-notices';
import { MigrationProof } from '@/components/targets/migration-proof';
import { MigrationSql } from '@/components/targets/migration-sql';
import { fromAddress, migrationHref, targetHref } from '@/components/targets/target-links';
import { UnreadNotice } from '@/components/targets/target-notices';
import { Badge } from '@/components/ui/badge';
import { ButtonLink } from '@/components/ui/button-link';
import { currentActor } from '@/lib/auth/next';
import type { Actor } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import type { MigrationPage } from '@/lib/core/views';
import { getMigrationPage } from '@/lib/migrations';
import { contextFor } from '@/lib/server/runtime';

interface Props {
  params: Promise<{ target: string; key: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { target, key } = await params;
  return { title: `${fromAddress(key)} · ${fromAddress(target)}` };
}

/** One migration: what is known about it, and its SQL in both directions. */
export default async function MigrationRoute({ params }: Props) {
  const address = await params;
  const target = fromAddress(address.target);
  const key = fromAddress(address.key);
  const actor = await currentActor(migrationHref(target, key));
  const crumbs = [
    { label: 'Targets', href: '/' },
    { label: target, href: targetHref(target) },
    { label: key },
  ];
  const page = await readPage(actor, target, key);
  if (page instanceof BackstepError) {
    return (
      <Page>
        <PageHeader crumbs={crumbs} title={key} />
        <UnreadNotice error={page} />
      </Page>
    );
  }
  const { newer, older } = page;
  return (
    <Page>
      <PageHeader
        crumbs={crumbs}
        title={<span className="font-mono tracking-tight">{page.line.tag ?? page.line.key}</span>}
        status={<Badge kind={page.target.environment} />}
        actions={
          <nav aria-label="Neighbours" className="flex gap-2">
            {older ? (
              <ButtonLink href={migrationHref(target, older)} icon="arrowDown" title={older}>
                Older
              </ButtonLink>
            ) : null}
            {newer ? (
              <ButtonLink href={migrationHref(target, newer)} icon="arrowUp" title={newer}>
                Newer
              </ButtonLink>
            ) : null}
          </nav>
        }
      />
      <div className="flex flex-col gap-4">
        <MigrationNotices page={page} />
        <MigrationFacts page={page} />
        <MigrationProof page={page} />
        <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
          <MigrationSql
            title="Up"
            file={page.up?.path ?? null}
            sql={page.up?.sql ?? null}
            missing="No file in the migrations folder belongs to this row."
          />
          <MigrationSql
            title="Rollback"
            {...(page.rollback && { notes: hazardNotes(page.rollback) })}
            file={page.rollback?.file ?? null}
            sql={page.rollback?.sql ?? null}
            missing={
              page.line.state === 'foundational'
                ? 'A foundational migration is never undone: restore from a backup.'
                : page.candidates.length > 0
                  ? 'No script is certain to belong to this migration; see above.'
                  : 'The rollbacks folder has no script for this migration.'
            }
          />
        </div>
      </div>
    </Page>
  );
}

async function readPage(
  actor: Actor,
  target: string,
  key: string,
): Promise<MigrationPage | BackstepError> {
  try {
    return await getMigrationPage(await contextFor(actor), { target, key });
  } catch (cause) {
    if (!(cause instanceof BackstepError) || cause.code === 'forbidden') throw cause;
    if (cause.code === 'not_found') notFound();
    return cause;
  }
}
