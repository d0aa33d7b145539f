'use client';

import { useState } from 'react';
import { AlertDialog } from '@/components/ui/alert-dialog';
import { isInside } from '@/lib/core/parts';
import type { RollbackRoom } from '@/lib/core/views';
import { RunConsequences } from './before-run';
import { actionLabel } from './dock-plan';
import { useRoomActions } from './room-actions';
import { type RunMode, runModeOf, stepsDoneOf } from './run-choice';
import { RunModeFields } from './run-mode';

export interface RunDialogProps {
  room: RollbackRoom;
  action: 'start_run' | 'resume_run';
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** The executor has it now. */
  onStarted: () => void;
}

/** The last question before anything runs: says what will happen, and wants the target's name typed. */
export function RunDialog({ room, action, open, onOpenChange, onStarted }: RunDialogProps) {
  const actions = useRoomActions();
  const { plan, target } = room;
  const left = plan.steps.length - stepsDoneOf(room);
  const [mode, setMode] = useState<RunMode>({
    allOrNothing: false,
    rescue: room.policy.rescue !== 'off',
  });
  const resume = action === 'resume_run';
  const verdict = room.gates.actions[action];
  const refused = actions.failure?.action === action ? actions.failure.message : undefined;

  async function start() {
    const accepted = await actions.perform(action, {
      confirm: target.name,
      ...runModeOf(room, mode),
    });
    if (!accepted) return;
    onOpenChange(false);
    onStarted();
  }

  return (
    <AlertDialog
      open={open}
      onOpenChange={(next) => {
        actions.dismiss();
        onOpenChange(next);
      }}
      title={
        resume ? `Resume on ${target.name}?` : `Roll ${target.name} back to ${plan.to.number}?`
      }
      description={
        resume
          ? `${left} of ${plan.steps.length} steps are left. ${room.steps.some(isInside) ? 'It finishes the step that is in by half.' : 'It goes on from the clean step.'}`
          : 'Once started it goes on without you, until you stop it.'
      }
      expected={target.name}
      expectedPurpose="to confirm"
      confirmLabel={actionLabel(action, room)}
      cancelLabel="Go back"
      tone="danger"
      // While it is on its way the gates may already say that it has started.
      disabledReason={verdict.allowed || actions.pending === action ? null : verdict.reason}
      pending={actions.pending === action}
      pendingLabel="Starting"
      // Who came second reads the same sentence beside the button, once the gates are read again.
      error={refused === verdict.reason ? undefined : refused}
      onConfirm={() => void start()}
    >
      {resume ? null : (
        <RunConsequences room={room} allOrNothing={runModeOf(room, mode).allOrNothing} />
      )}
      <RunModeFields room={room} mode={mode} onMode={setMode} />
    </AlertDialog>
  );
}
