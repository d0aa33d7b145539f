'use client';

import { Checklist } from '@/components/ui/checklist';
import { Disclosure } from '@/components/ui/disclosure';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import type { Timeline } from '@/lib/core/timeline';
import { RoomElapsed } from './room-clock';

export interface PreflightListProps {
  checks: Timeline['checks'];
  /** Still being made: in sight, with one more to come. */
  running: boolean;
  lastEventAt: string | null;
}

/** The checks before the first statement: open while they are made or when one failed, else folded. */
export function PreflightList({ checks, running, lastEventAt }: PreflightListProps) {
  if (checks.length === 0) return null;
  const failed = checks.filter((check) => !check.ok).length;
  const list = (
    <Checklist
      label="Checks before the run"
      items={[
        ...checks.map((check) => ({
          id: check.name,
          tone: check.ok ? ('ok' as const) : ('danger' as const),
          name: check.name,
          evidence: check.evidence,
          result: check.ok ? 'Passed' : 'Failed',
        })),
        ...(running && failed === 0
          ? [
              {
                id: 'next',
                tone: 'running' as const,
                name: 'Next check',
                result: 'Running',
                duration: lastEventAt ? <RoomElapsed since={lastEventAt} /> : undefined,
              },
            ]
          : []),
      ]}
    />
  );
  if (running || failed > 0) {
    return (
      <Panel aria-labelledby="preflight" tone={failed > 0 ? 'danger' : undefined}>
        <PanelHeader
          title="Checks before the run"
          titleId="preflight"
          detail="nothing is changed before all have passed"
        />
        {list}
      </Panel>
    );
  }
  return (
    <Disclosure
      look="panel"
      summary="Checks before the run"
      aside={<StatusChip tone="ok">{`${checks.length} of ${checks.length} passed`}</StatusChip>}
    >
      <div className="-mx-4 -my-3">{list}</div>
    </Disclosure>
  );
}
