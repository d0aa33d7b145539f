'use client';

import { Command } from '@/components/ui/command';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import type { RollbackRoom } from '@/lib/core/views';
import { type DatabasePlace, headAfter } from './database-place';
import { insideWords } from './database-place-line';
import { trackingRowSql } from './tracking-row-sql';

/** How a person finds out by hand what Backstep could not: one SELECT, and how to read its answer. */
export function ManualCheck({ room, place }: { room: RollbackRoom; place: DatabasePlace }) {
  const step = room.plan.steps[place.done];
  if (!step) return null;
  const number = step.position + 1;
  const together = room.run?.allOrNothing === true;
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
            <b className="font-semibold text-text">1</b>:{' '}
            {together
              ? 'nothing of this run happened'
              : place.inside
                ? `step ${number} is not done; ${lower(insideWords(place.inside))}`
                : `step ${number} did not happen`}
            {place.inside ? '' : `, the database is at ${place.at}.`}
          </li>
          <li>
            <b className="font-semibold text-text">0</b>:{' '}
            {together ? 'all steps of this run' : `step ${number}`} happened, the database is at{' '}
            {place.orAt ?? headAfter(room.plan, place.done + 1)}.
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

const lower = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);
