'use client';

import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import type { SchemaChange } from '@/lib/core/catalog';
import type { Policy } from '@/lib/core/policy';
import { formatCount } from './format-count';
import { diffRows } from './schema-diff';
import { SchemaDiffLines } from './schema-diff-lines';

/** Where the live schema is not what the migration files make of an empty database. */
export function DriftPanel({ drift, policy }: { drift: readonly SchemaChange[]; policy: Policy }) {
  const blocks = policy.drift === 'block';
  return (
    <Panel tone="warn" aria-labelledby="drift">
      <PanelHeader
        title="Schema drift"
        titleId="drift"
        icon="warn"
        iconTone="warn"
        detail={`${formatCount(drift.length, 'difference')} between files and database`}
      />
      <PanelBody className="border-b border-line-soft py-3">
        <p className="max-w-[72ch] text-sm text-text-2">
          The target is not what its migration files build, so somebody changed it by other means.{' '}
          {blocks
            ? 'The policy of this target does not let a rollback run before that is settled.'
            : 'The rollback may still run: look whether it touches the same objects.'}
        </p>
        <p className="mt-1 text-xs text-text-2">
          <b className="font-semibold text-danger-text">−</b> only in the files ·{' '}
          <b className="font-semibold text-ok-text">+</b> only in the database ·{' '}
          <b className="font-semibold text-warn-text">~</b> different: files → database
        </p>
      </PanelBody>
      <SchemaDiffLines label="Files against database" rows={diffRows(drift)} />
    </Panel>
  );
}
