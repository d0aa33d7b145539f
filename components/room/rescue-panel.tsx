'use client';

import { useState } from 'react';
import { RescueCopies } from '@/components/rescue/rescue-copies';
import { AlertDialog } from '@/components/ui/alert-dialog';
import { Button } from '@/components/ui/button';
import { Panel, PanelHeader } from '@/components/ui/panel';
import type { RollbackRoom } from '@/lib/core/views';
import { formatCount, formatSize } from './format-count';
import { useRoomActions } from './room-actions';

/** What was copied before it was destroyed: how to bring it back, and how to be rid of the copies. */
export function RescuePanel({ room }: { room: RollbackRoom }) {
  const [open, setOpen] = useState(false);
  const actions = useRoomActions();
  const { rescues } = room;
  if (rescues.length === 0) return null;
  const kept = rescues.filter(({ prunedAt }) => prunedAt === null);
  const bytes = kept.reduce((sum, copy) => sum + copy.bytes, 0);
  const verdict = room.gates.actions.prune_rescue;
  const pending = actions.pending === 'prune_rescue';

  async function prune() {
    if (await actions.perform('prune_rescue')) setOpen(false);
  }

  return (
    <Panel aria-labelledby="rescue">
      <PanelHeader
        title="Rescue copies"
        titleId="rescue"
        detail={
          kept.length === 0
            ? 'all dropped'
            : `${formatCount(kept.length, 'copy', 'copies')}, ${formatSize(bytes)} in the schema backstep_rescue`
        }
      />
      <RescueCopies copies={rescues} />
      {kept.length === 0 || verdict.roleOnly ? null : (
        <div className="flex justify-end border-t border-line-soft px-4 py-2.5">
          <Button
            variant="danger-outline"
            disabledReason={verdict.allowed ? null : verdict.reason}
            onClick={() => setOpen(true)}
          >
            Drop copies
          </Button>
        </div>
      )}
      <AlertDialog
        open={open}
        onOpenChange={(next) => {
          actions.dismiss();
          setOpen(next);
        }}
        title={`Drop the rescue copies of ${room.label}?`}
        description={`${formatCount(kept.length, 'copy', 'copies')} with ${formatSize(bytes)} go for good. Afterwards only the backup has this data.`}
        confirmLabel="Drop copies"
        cancelLabel="Keep them"
        pendingLabel="Asking"
        tone="danger"
        disabledReason={verdict.allowed || pending ? null : verdict.reason}
        pending={pending}
        error={actions.failure?.action === 'prune_rescue' ? actions.failure.message : undefined}
        onConfirm={() => void prune()}
      />
    </Panel>
  );
}
