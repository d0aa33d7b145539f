'use client';

import type { Contact } from '@/components/live/contact';
import type { BackupMethod } from '@/lib/core/backup';
import type { RollbackEvent } from '@/lib/core/events';
import type { RoomAction, RoomStep } from '@/lib/core/gates';
import type { Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import type { DatabasePlace } from './database-place';
import type { DockPlan } from './dock-plan';
import { ApprovalView } from './steps/approval-view';
import { BackupView } from './steps/backup-view';
import { PlanView } from './steps/plan-view';
import { PreviewView } from './steps/preview-view';
import { RunView } from './steps/run-view';
import { VerifyView } from './steps/verify-view';

export interface StepContentProps {
  step: RoomStep;
  room: RollbackRoom;
  events: readonly RollbackEvent[];
  timeline: Timeline;
  place: DatabasePlace;
  contact: Contact;
  dock: DockPlan;
  decides: boolean;
  comment: string;
  onComment: (comment: string) => void;
  method: BackupMethod;
  onMethod: (method: BackupMethod) => void;
  onChoose: (step: RoomStep) => void;
}

/** The middle of the room: one step at a time. An action that the dock offers is not offered twice. */
export function StepContent({
  step,
  room,
  events,
  timeline,
  place,
  contact,
  dock,
  ...decision
}: StepContentProps) {
  const inDock = (action: RoomAction) =>
    dock.buttons.some((button) => button.kind === 'action' && button.action === action);
  switch (step) {
    case 'plan':
      return <PlanView room={room} repinInDock={inDock('repin')} />;
    case 'preview':
      return <PreviewView room={room} events={events} rehearseInDock={inDock('rehearse')} />;
    case 'backup':
      return (
        <BackupView
          room={room}
          events={events}
          method={decision.method}
          onMethod={decision.onMethod}
          inDock={inDock}
        />
      );
    case 'approval':
      return (
        <ApprovalView
          room={room}
          events={events}
          decides={decision.decides}
          comment={decision.comment}
          onComment={decision.onComment}
          onOpenPreview={() => decision.onChoose('preview')}
        />
      );
    case 'run':
      return <RunView room={room} timeline={timeline} place={place} contact={contact} />;
    case 'verify':
      return <VerifyView room={room} timeline={timeline} place={place} />;
  }
}
