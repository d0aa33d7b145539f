'use client';

import { Command } from '@/components/ui/command';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import type { RollbackRoom } from '@/lib/core/views';
import { type DatabasePlace, headAfter } from './database-place';
import { trackingRowSql } from './tracking-row-sql';

/** How a person finds out by hand what Backstep could not: one SELECT, and how to read its answer. */
export function ManualCheck({ room, place }: { room: RollbackRoom; place: DatabasePlace }) {
  const step = room.plan.steps[place.done];
  if (!step) return null;
  const number = step.position + 1;
  return (
    <Panel tone="unknown" aria-labelledby="manual-check">
      <PanelHeader
        title="Check it yourself"
        titleId="manual-check"
        icon="unknown"
        iconTone="unknown"
        detail="it only reads"
      />
      <PanelBody>
        <Command
          prompt="=#"
          text={trackingRowSql(room.plan.tracking, step.row)}
          what="query for the tracking row"
        />
        <ul className="mt-2 text-sm text-text-2">
          <li>
            <b className="font-semibold text-text">1</b>: step {number} did not happen, the database
            is at {headAfter(room.plan, place.done)}.
          </li>
          <li>
            <b className="font-semibold text-text">0</b>: step {number} happened, the database is at{' '}
            {headAfter(room.plan, place.done + 1)}.
          </li>
        </ul>
        <p className="mt-2 text-sm text-text-2">
          Run it on {room.target.address}. If it does not answer either, the database is down or cut
          off: mend that first, then check again here.
        </p>
      </PanelBody>
    </Panel>
  );
}
