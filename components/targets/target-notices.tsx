import { formatCount } from '@/components/room/format-count';
import { CheckAgain } from '@/components/targets/check-again';
import { Ago } from '@/components/ui/ago';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button-link';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { Time } from '@/components/ui/time';
import type { ListProblem } from '@/lib/core/migration';
import { STATUS_LABELS } from '@/lib/core/rollback';
import type { OpenRollback, TargetSummary } from '@/lib/core/views';

/** Why the target could not be read, and what can be done about it. */
export function UnreadNotice({ error }: { error: { code: string; message: string } }) {
  const unreachable = error.code === 'target_unreachable';
  return (
    <Banner
      tone={unreachable ? 'unknown' : 'danger'}
      role="alert"
      title={
        unreachable
          ? 'The database can’t be reached, so nothing is known about its migrations'
          : 'The migrations of this target can’t be read'
      }
      action={<CheckAgain />}
    >
      <p className="wrap-anywhere">{error.message}</p>
    </Banner>
  );
}

/** The rollback that is under way here, and with it why no second one can be created. */
export function OpenRollbackNotice({ rollback }: { rollback: OpenRollback }) {
  return (
    <Banner
      tone="info"
      title={`${rollback.label} is open on this target: ${STATUS_LABELS[rollback.status].toLowerCase()}`}
      action={
        <ButtonLink variant="primary" href={`/rollbacks/${rollback.label}`}>
          Open {rollback.label}
        </ButtonLink>
      }
    >
      {rollback.fromNumber} back to {rollback.toNumber}, asked for by {rollback.requestedBy}
      {rollback.incident ? `, ${rollback.incident}` : ''}. One target has one open rollback: a
      second plan would be void as soon as the first has run.
    </Banner>
  );
}

/** The fence stands in the database: deploys of newer images fail, and somebody should know why. */
export function FenceNotice({ fence }: { fence: NonNullable<TargetSummary['fence']> }) {
  const watch = fence.kind === 'watch';
  return (
    <Banner
      tone={fence.reapplied.length > 0 ? 'danger' : 'warn'}
      role={fence.reapplied.length > 0 ? 'alert' : undefined}
      icon={watch ? 'eye' : 'fenceUp'}
      title={
        fence.reapplied.length > 0
          ? `${fence.reapplied.map(({ tag }) => tag ?? 'an unknown migration').join(', ')} applied again after ${fence.rollback ?? 'a rollback'}`
          : watch
            ? 'No fence: the tracking table is watched'
            : 'The fence is up'
      }
      action={
        fence.rollback ? (
          <ButtonLink href={`/rollbacks/${fence.rollback}?step=verify`}>
            {watch ? 'Watch' : 'Fence'} of {fence.rollback}
          </ButtonLink>
        ) : null
      }
    >
      {watch ? (
        <>
          {fence.why} Images with migrations newer than{' '}
          <code className="mono">{fence.headTag}</code> apply them again
        </>
      ) : (
        <>
          Images with migrations newer than <code className="mono">{fence.headTag}</code> are
          refused
        </>
      )}
      {fence.raisedAt ? (
        <>
          {' '}
          since <Time value={fence.raisedAt} format="dayMinute" />
        </>
      ) : null}
      {watch ? '.' : ', until the fence is released.'}
      {fence.refusals > 0 ? (
        <>
          {' '}
          Refused so far: {formatCount(fence.refusals, 'boot')}
          {fence.lastRefusedAt ? (
            <>
              , last <Ago value={fence.lastRefusedAt} />
            </>
          ) : null}
          .
        </>
      ) : null}
      {fence.lookError ? (
        <p className="wrap-anywhere text-danger-text">The last look failed: {fence.lookError}</p>
      ) : null}
    </Banner>
  );
}

/** Findings about the folders that belong to no row of the table. */
export function FolderProblems({ problems }: { problems: readonly ListProblem[] }) {
  return (
    <Panel tone="warn" aria-labelledby="problems-title">
      <PanelHeader
        title={
          problems.length === 1
            ? '1 finding in the folders'
            : `${problems.length} findings in the folders`
        }
        titleId="problems-title"
        icon="warn"
        iconTone="warn"
      />
      <PanelBody>
        <ul className="flex flex-col gap-2 text-sm">
          {problems.map((problem) => (
            <li key={`${problem.code}-${problem.file}`} className="wrap-anywhere">
              {problem.message}
            </li>
          ))}
        </ul>
      </PanelBody>
    </Panel>
  );
}

/** The executor could not look at the target; what is shown is from before. */
export function CheckFailed({ message }: { message: string | null }) {
  return (
    <Banner tone="warn" title="The last check of this target did not come to its end">
      <p className="wrap-anywhere">{message ?? 'No reason was given.'}</p>
    </Banner>
  );
}
