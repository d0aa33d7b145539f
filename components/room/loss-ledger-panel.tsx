'use client';

import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import type { RollbackRoom } from '@/lib/core/views';
import { formatBytes } from './amount';
import { impactOf, lossWords, totalLoss } from './loss-ledger';
import { LossTable } from './loss-table';

/** The whole ledger of what the plan takes away on the live target, for somebody who decides. */
export function LossLedger({ room }: { room: RollbackRoom }) {
  const impact = impactOf(room);
  if (!impact) return null;
  const total = totalLoss(impact.losses);
  const words = lossWords(total);
  return (
    <Panel aria-labelledby="loss-ledger">
      <PanelHeader
        title="What is lost"
        titleId="loss-ledger"
        icon={words ? 'loss' : 'ok'}
        iconTone={words ? 'warn' : 'ok'}
        detail={
          words
            ? `${words}${total.bytes.value > 0 ? `, ${formatBytes(total.bytes)}` : ''}`
            : 'no rows and no values'
        }
      />
      {impact.losses.length > 0 ? (
        <LossTable label="What is lost" losses={impact.losses} room={room} withStep />
      ) : (
        <PanelBody className="text-sm text-text-2">
          The scripts drop and narrow nothing that holds data on {room.target.name}.
        </PanelBody>
      )}
      {impact.problems.length > 0 ? (
        <ul className="border-t border-line-soft px-4 py-2 text-xs text-warn-text">
          {impact.problems.map((problem) => (
            <li key={problem} className="wrap-anywhere">
              {problem}
            </li>
          ))}
        </ul>
      ) : null}
    </Panel>
  );
}
