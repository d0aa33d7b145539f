import { STATE_LOOK, STATE_MEANING } from '@/components/targets/migration-words';
import { targetHref } from '@/components/targets/target-links';
import { ButtonLink } from '@/components/ui/button-link';
import { CopyButton } from '@/components/ui/copy-button';
import { KeyValue, type KeyValueEntry } from '@/components/ui/key-value';
import { Panel, PanelBody, PanelFooter, PanelHeader } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import { Time } from '@/components/ui/time';
import { MIGRATION_STATE_LABELS } from '@/lib/core/migration';
import type { MigrationPage } from '@/lib/core/views';

/** Where the migration stands: state, tracking row, hashes, and whether one can go back to it. */
export function MigrationFacts({ page }: { page: MigrationPage }) {
  const { line, target } = page;
  const look = STATE_LOOK[line.state];
  const back = `${targetHref(target.name)}?to=${encodeURIComponent(line.key)}`;
  return (
    <Panel aria-labelledby="facts-title">
      <PanelHeader
        title="On this target"
        titleId="facts-title"
        status={
          <>
            <StatusChip tone={look.tone} icon={look.icon}>
              {MIGRATION_STATE_LABELS[line.state]}
            </StatusChip>
            {line.head ? (
              <StatusChip tone="neutral" icon={null}>
                Head
              </StatusChip>
            ) : null}
          </>
        }
      />
      <PanelBody>
        <p className="mb-3 text-sm text-text-2">{STATE_MEANING[line.state]}</p>
        <KeyValue entries={entriesOf(page)} />
      </PanelBody>
      <PanelFooter>
        <span className="min-w-0 flex-1 basis-64 text-text-2">
          {line.destination
            ? 'This migration can be the new head: everything above it is undone.'
            : line.whyNot}
        </span>
        {line.destination ? (
          <ButtonLink href={back} icon="undo">
            Roll back to here
          </ButtonLink>
        ) : null}
      </PanelFooter>
    </Panel>
  );
}

function entriesOf({ line, row, up, rollback }: MigrationPage): KeyValueEntry[] {
  const created = row ? new Date(Number(row.createdAt)) : null;
  return [
    {
      id: 'row',
      label: 'Tracking row',
      value: row ? `id ${row.id}` : 'none',
    },
    ...(row && created
      ? [
          {
            id: 'created',
            label: 'created_at',
            value: Number.isNaN(created.getTime()) ? (
              row.createdAt
            ) : (
              <>
                <code className="mono">{row.createdAt}</code> ·{' '}
                <Time
                  value={created.toISOString()}
                  format="dateTime"
                  className="whitespace-normal!"
                />
              </>
            ),
          },
          { id: 'row-hash', label: 'Hash in the row', value: <Hash hash={row.hash} of="row" /> },
        ]
      : line.generatedAt
        ? [
            {
              id: 'generated',
              label: 'Generated',
              value: <Time value={line.generatedAt} format="dateTime" />,
            },
          ]
        : []),
    ...(up
      ? [{ id: 'up', label: 'Hash of the file', value: <Hash hash={up.hash} of="file" /> }]
      : []),
    ...(rollback
      ? [
          {
            id: 'rollback',
            label: 'Rollback sha256',
            value: <Hash hash={rollback.sha256} of="rollback script" />,
          },
        ]
      : []),
  ];
}

function Hash({ hash, of }: { hash: string; of: string }) {
  return (
    <>
      <code className="mono text-xs break-all">{hash}</code>{' '}
      <CopyButton text={hash} what={`hash of the ${of}`} />
    </>
  );
}
