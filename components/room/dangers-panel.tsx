'use client';

import { useState } from 'react';
import { Checkbox } from '@/components/ui/checkbox';
import { DisabledReason } from '@/components/ui/disabled-reason';
import { LiveRegion } from '@/components/ui/live-region';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import { Time } from '@/components/ui/time';
import type { RollbackRoom } from '@/lib/core/views';
import { countTaken, type DangerGroup, groupDangers, type ReadDanger } from './danger-groups';
import { DangerText } from './danger-text';
import { useRoomActions } from './room-actions';

/**
 * Every danger of the plan, to be taken on one by one: there is no way to tick them all at once,
 * because then nobody would have read them.
 */
export function DangersPanel({ room }: { room: RollbackRoom }) {
  const { taken, all } = countTaken(room);
  if (all === 0) return null;
  const verdict = room.gates.actions.acknowledge;
  const open = taken < all;
  const reason = verdict.allowed ? null : (verdict.reason ?? 'Not possible now.');
  return (
    <Panel
      id="dangers"
      aria-labelledby="dangers-title"
      tone={open ? 'danger' : undefined}
      className="scroll-mt-16"
    >
      <PanelHeader
        title="Dangers to acknowledge"
        titleId="dangers-title"
        icon={open ? 'danger' : 'ok'}
        iconTone={open ? 'danger' : 'ok'}
        detail={open && !reason ? 'Read each one and tick it.' : null}
        actions={
          <StatusChip tone={open ? 'danger' : 'ok'} icon={null}>
            <span className="tabular-nums">
              {taken} of {all} acknowledged
            </span>
          </StatusChip>
        }
      />
      <LiveRegion message={`${taken} of ${all} dangers acknowledged.`} />
      {open && reason ? (
        <p className="border-b border-line-soft bg-raised px-4 py-2">
          <DisabledReason>{reason}</DisabledReason>
        </p>
      ) : null}
      {groupDangers(room).map((group) => (
        <Group
          key={group.position}
          group={group}
          file={room.plan.steps[group.position]?.rollbackFile ?? null}
          reason={reason}
        />
      ))}
    </Panel>
  );
}

function Group(props: { group: DangerGroup; file: string | null; reason: string | null }) {
  const { group, file, reason } = props;
  return (
    <fieldset className="min-w-0 border-b border-line-soft last:border-b-0">
      <legend className="float-left w-full px-4 pt-2.5 font-mono text-xs text-text-2 wrap-anywhere">
        {group.tag}
      </legend>
      <ul className="clear-both">
        {group.dangers.map((one) => (
          <li key={one.danger.key} className="px-4 py-2.5 max-md:py-3">
            <Tick one={one} file={file} reason={reason} />
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

function Tick(props: { one: ReadDanger; file: string | null; reason: string | null }) {
  const { one, file, reason } = props;
  const { danger, taken } = one;
  const { perform } = useRoomActions();
  const [sending, setSending] = useState(false);

  async function acknowledge() {
    setSending(true);
    // A refusal is said in the dock, in sight wherever the box was.
    await perform('acknowledge', { key: danger.key });
    setSending(false);
  }

  return (
    <Checkbox
      label={danger.title}
      hint={
        <>
          <DangerText danger={danger} file={file} />
          {taken ? (
            <p className="text-xs">
              Acknowledged by <span className="font-medium text-text">{taken.by.name}</span>,{' '}
              <Time value={taken.at} format="dayMinute" dot />
            </p>
          ) : null}
        </>
      }
      checked={taken !== null || sending}
      onCheck={taken ? undefined : () => void acknowledge()}
      disabledReason={taken ? null : reason}
      pending={sending && taken === null}
    />
  );
}
