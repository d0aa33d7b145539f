'use client';

import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { SegmentedControl } from '@/components/ui/segmented-control';
import { MIGRATION_STATE_LABELS, type MigrationState } from '@/lib/core/migration';
import type { MigrationLine } from '@/lib/core/views';

const STATES = ['applied', 'pending', 'changed', 'unknown', 'skipped', 'foundational'] as const;

/** Which states are shown, kept in the address; null for all. */
export function useStateFilter() {
  return useQueryState('state', parseAsStringLiteral<MigrationState>(STATES));
}

/** The states that occur, with how many lines are in each. */
export function StateFilter({ lines }: { lines: readonly MigrationLine[] }) {
  const [state, setState] = useStateFilter();
  const counted = STATES.map((value) => ({
    value,
    label: MIGRATION_STATE_LABELS[value],
    count: lines.filter((line) => line.state === value).length,
  })).filter(({ value, count }) => count > 0 || value === state);
  return (
    <SegmentedControl<MigrationState | 'all'>
      label="State"
      value={state ?? 'all'}
      onValueChange={(value) => setState(value === 'all' ? null : value)}
      options={[{ value: 'all', label: 'All', count: lines.length }, ...counted]}
    />
  );
}
