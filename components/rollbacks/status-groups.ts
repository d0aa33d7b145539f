import type { RollbackStatus } from '@/lib/core/rollback';

export interface StatusGroup {
  label: string;
  /** Empty: all of them. */
  statuses: readonly RollbackStatus[];
  /** Why the tab may be empty, and what to do. */
  empty: { title: string; words: string };
}

/** The tabs, in the order in which a rollback goes through them. Together they hold every status. */
export const STATUS_GROUPS: readonly StatusGroup[] = [
  {
    label: 'All',
    statuses: [],
    empty: {
      title: 'No rollback yet',
      words: 'Choose a target, pick the migration to go back to, and create the first one there.',
    },
  },
  {
    label: 'Pending approvals',
    statuses: ['awaiting_approval'],
    empty: {
      title: 'Nothing waits for approval',
      words: 'A rollback comes here when its requester has asked for approval.',
    },
  },
  {
    label: 'Open',
    statuses: ['draft', 'approved'],
    empty: {
      title: 'No draft, and nothing ready to run',
      words: 'A new rollback starts here as a draft, and comes back once it is approved.',
    },
  },
  {
    label: 'Running',
    statuses: ['running', 'unknown', 'stopped'],
    empty: {
      title: 'Nothing runs',
      words: 'A run is here until it has ended, also when it stopped between two steps.',
    },
  },
  {
    label: 'Done',
    statuses: ['succeeded'],
    empty: {
      title: 'No rollback is done yet',
      words: 'A rollback comes here when every step of its run is committed.',
    },
  },
  {
    label: 'Ended',
    statuses: ['rejected', 'cancelled', 'expired'],
    empty: {
      title: 'No rollback was given up',
      words: 'Rejected, cancelled and expired rollbacks come here.',
    },
  },
];

/** The group of exactly these statuses, whatever their order. */
export function groupOf(statuses: readonly RollbackStatus[]): StatusGroup | undefined {
  return STATUS_GROUPS.find(
    (group) =>
      group.statuses.length === statuses.length &&
      group.statuses.every((status) => statuses.includes(status)),
  );
}

/** How many rollbacks are in a group. */
export function countOf(
  group: StatusGroup,
  counts: Partial<Record<RollbackStatus, number>>,
): number {
  const counted =
    group.statuses.length > 0
      ? group.statuses.map((status) => counts[status])
      : Object.values(counts);
  return counted.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}
