import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { wayOf } from '@/components/restore/in-place-choice';
import { RestoreChoiceView } from '@/components/restore/restore-choice';
import { RestoreList } from '@/components/restore/restore-list';
import { Page, PageHeader } from '@/components/shell/page';
import { Badge } from '@/components/ui/badge';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button-link';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { currentActor } from '@/lib/auth/next';
import type { Ctx } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import type { RestoreChoice } from '@/lib/core/restore-views';
import { listRestores, readRestoreChoice } from '@/lib/restore';
import { contextFor } from '@/lib/server/runtime';

export const metadata: Metadata = { title: 'Emergency restore' };

const WITHOUT_TARGET: ReadonlySet<string> = new Set(['not_found', 'config_invalid']);

interface RestorePageProps {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

/** Where an emergency restore begins: of which target, and from which backup. */
export default async function RestoreStartPage({ searchParams }: RestorePageProps) {
  const query = await searchParams;
  const name = typeof query.target === 'string' ? query.target : null;
  const ctx = await contextFor(await currentActor('/restore'));
  if (name === null) return <Targets ctx={ctx} />;
  const choice = await readChoice(ctx, name);
  const preferred = typeof query.backup === 'string' ? query.backup : null;
  const passedOver = preferred === null ? null : againstChoice(choice, preferred);
  return (
    <>
      <PageHeader
        look="bar"
        title="Emergency restore"
        crumbs={[
          { label: name, href: `/targets/${encodeURIComponent(name)}` },
          { label: 'Emergency restores', href: '/restore' },
          { label: 'New' },
        ]}
        status={<Badge kind={choice.target.environment} />}
        detail="For when a rollback cannot help. A rollback loses less where it is possible."
      />
      <Page className="flex flex-col gap-3">
        {choice.open ? (
          <Banner
            tone="info"
            title={`${choice.open} is open on this target`}
            action={<ButtonLink href={`/restore/${choice.open}`}>Open {choice.open}</ButtonLink>}
          >
            One at a time: bring it to its end or cancel it first.
          </Banner>
        ) : null}
        {choice.readError ? (
          <Banner tone="warn" title="The target can’t be read now">
            {choice.readError}
          </Banner>
        ) : null}
        {passedOver ? (
          <Banner tone="warn" title={`${preferred} can’t be chosen`}>
            {passedOver} Look at which one is chosen below before you go on.
          </Banner>
        ) : null}
        <RestoreChoiceView choice={choice} preferred={preferred} />
      </Page>
    </>
  );
}

/** Why the backup that the address names is not the one that is chosen; null: it is. */
function againstChoice(choice: RestoreChoice, backup: string): string | null {
  const { options, target } = choice;
  const option = options.find((one) => one.backup === backup);
  if (option)
    return option.problem ?? (wayOf(choice) === 'in_place' ? option.inPlaceProblem : null);
  return `It is no confirmed backup of ${target.name} whose bytes are still there.`;
}

async function readChoice(ctx: Ctx, target: string): Promise<RestoreChoice> {
  try {
    return await readRestoreChoice(ctx, { target });
  } catch (cause) {
    // A name that was never configured, and one that is no more, are the same from here.
    if (cause instanceof BackstepError && WITHOUT_TARGET.has(cause.code)) notFound();
    throw cause;
  }
}

async function Targets({ ctx }: { ctx: Ctx }) {
  return (
    <>
      <PageHeader
        look="bar"
        title="Emergency restore"
        detail="Brings a target back from a backup, beside what is there now, and swaps the two by name."
      />
      <Page className="flex flex-col gap-3">
        <Panel aria-labelledby="restore-targets">
          <PanelHeader title="Which target?" titleId="restore-targets" />
          <PanelBody className="flex flex-wrap gap-2">
            {ctx.config.targets.map(({ name }) => (
              <ButtonLink key={name} href={`/restore?target=${encodeURIComponent(name)}`}>
                {name}
              </ButtonLink>
            ))}
          </PanelBody>
        </Panel>
        <RestoreList lines={await listRestores(ctx)} />
      </Page>
    </>
  );
}
