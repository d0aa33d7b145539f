'use client';

import { Icon } from '@/components/ui/icon';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { Time } from '@/components/ui/time';
import type { RollbackRoom } from '@/lib/core/views';
import { countTaken, groupDangers } from './danger-groups';
import { DangerText } from './danger-text';

/** What is dangerous about the plan, and who has taken it on: for somebody who decides. */
export function TakenDangers({ room }: { room: RollbackRoom }) {
  const { taken, all } = countTaken(room);
  if (all === 0) return null;
  return (
    <Panel aria-labelledby="taken-dangers">
      <PanelHeader
        title="Dangers taken on"
        titleId="taken-dangers"
        detail={`${taken} of ${all} acknowledged`}
      />
      <ul className="text-sm">
        {groupDangers(room).flatMap((group) =>
          group.dangers.map(({ danger, taken: by }) => (
            <li
              key={danger.key}
              className="flex items-start gap-2.5 border-b border-line-soft px-4 py-2.5 last:border-b-0"
            >
              <Icon
                name={by ? 'ok' : 'danger'}
                className={`mt-0.5 ${by ? 'text-ok-text' : 'text-danger-text'}`}
                label={by ? 'Acknowledged' : 'Not acknowledged'}
              />
              <div className="min-w-0 flex-1">
                <p className="font-medium wrap-anywhere">{danger.title}</p>
                <div className="text-text-2">
                  <DangerText
                    danger={danger}
                    file={room.plan.steps[group.position]?.rollbackFile ?? null}
                  />
                </div>
                <p className="text-xs text-text-2">
                  {by ? (
                    <>
                      Acknowledged by <span className="font-medium text-text">{by.by.name}</span>,{' '}
                      <Time value={by.at} format="dayMinute" dot />
                    </>
                  ) : (
                    'Nobody has acknowledged it for this plan.'
                  )}
                </p>
              </div>
            </li>
          )),
        )}
      </ul>
    </Panel>
  );
}
