import { CheckAgain } from '@/components/targets/check-again';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button-link';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import type { ListProblem } from '@/lib/core/migration';
import { STATUS_LABELS } from '@/lib/core/rollback';
import type { OpenRollback } from '@/lib/core/views';

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
