'use client';

import { DriftList } from '@/components/proof/drift-list';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import type { RehearsalResult } from '@/lib/core/evidence';
import type { Policy } from '@/lib/core/policy';
import { formatCount } from './format-count';

export interface DriftPanelProps {
  result: Pick<RehearsalResult, 'drift' | 'mode'>;
  policy: Policy;
}

/** Where the live schema is not what the migration files make of an empty database, and what follows. */
export function DriftPanel({ result, policy }: DriftPanelProps) {
  const { drift, mode } = result;
  return (
    <Panel tone="warn" aria-labelledby="drift">
      <PanelHeader
        title="Schema drift"
        titleId="drift"
        icon="warn"
        iconTone="warn"
        detail={`${formatCount(drift.length, 'difference')} between files and database`}
      />
      <PanelBody className="border-b border-line-soft py-3 text-sm text-text-2">
        <p className="max-w-[72ch]">
          The target is not what its migration files build, so somebody changed it by other means.{' '}
          {mode === 'clone'
            ? 'The rehearsal ran on a copy of the live schema, so what it says is true for the target as it is.'
            : 'The rehearsal ran on a replay of the files, which has none of these differences.'}
        </p>
        <p className="mt-1 max-w-[72ch]">
          {policy.drift === 'block'
            ? 'The policy of this target does not let a rollback run before that is settled.'
            : 'The rollback may still run: look whether it touches the same objects.'}
        </p>
      </PanelBody>
      <DriftList changes={drift} />
    </Panel>
  );
}
