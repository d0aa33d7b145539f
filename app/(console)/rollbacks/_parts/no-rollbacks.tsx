import { type RollbackFilters, rollbacksHref } from '@/components/rollbacks/rollbacks-url';
import { groupOf } from '@/components/rollbacks/status-groups';
import { ButtonLink } from '@/components/ui/button-link';
import { EmptyState } from '@/components/ui/empty-state';

/** Why the list is empty, and where to go from there. */
export function NoRollbacks({
  filters,
  mayCreate,
}: {
  filters: RollbackFilters;
  mayCreate: boolean;
}) {
  const { status, target, person, text } = filters;
  const group = groupOf(status);
  if (target || person || text || !group) {
    return (
      <EmptyState
        icon="search"
        title="No rollback fits these filters"
        action={
          <ButtonLink href={rollbacksHref({ status: group ? status : [] })}>
            Clear filters
          </ButtonLink>
        }
      >
        The search looks for the words in the reason and the incident, or for a number as RB-0001.
      </EmptyState>
    );
  }
  const all = status.length === 0;
  return (
    <EmptyState
      icon="undo"
      title={group.empty.title}
      action={
        all && mayCreate ? (
          <ButtonLink href="/" variant="primary">
            Choose a target
          </ButtonLink>
        ) : all ? undefined : (
          <ButtonLink href="/rollbacks">Show all rollbacks</ButtonLink>
        )
      }
    >
      {all && !mayCreate
        ? 'An on-call engineer or administrator creates one from the page of a target.'
        : group.empty.words}
    </EmptyState>
  );
}
