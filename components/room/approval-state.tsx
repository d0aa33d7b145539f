'use client';

import type { ReactNode } from 'react';
import { Banner } from '@/components/ui/banner';
import type { IconName } from '@/components/ui/icon';
import { Time } from '@/components/ui/time';
import type { ToneOrNeutral } from '@/components/ui/tone';
import type { RollbackRoom } from '@/lib/core/views';
import { formatCount } from './format-count';
import { RoomAgo } from './room-clock';

/** Where the approval stands, for everybody who does not decide now. */
export function ApprovalState({ room }: { room: RollbackRoom }) {
  const { tone, title, body, icon } = words(room);
  return (
    <Banner tone={tone} icon={icon} title={title} role="status">
      {body}
    </Banner>
  );
}

function words(room: RollbackRoom): {
  tone: ToneOrNeutral;
  icon?: IconName;
  title: string;
  body: ReactNode;
} {
  const { status, policy, gates } = room;
  const gate = gates.steps.find((one) => one.step === 'approval');
  if (policy.approvals === 0) {
    return {
      tone: 'neutral',
      icon: 'info',
      title: 'This target needs no approval',
      body: 'Its policy asks for none. The run still waits for rehearsal and backup.',
    };
  }
  const valid = room.approvals.filter(
    (one) => one.decision === 'approved' && one.voidedAt === null,
  );
  switch (status) {
    case 'awaiting_approval':
      return {
        tone: 'info',
        icon: 'clock',
        title: gate?.reason ?? 'Waiting for a reviewer.',
        body: (
          <>
            Asked <Asked room={room} />. Reviewers find it under Rollbacks, filtered by Waiting for
            approval. {formatCount(valid.length, 'approval')} of {policy.approvals} so far;{' '}
            {room.requestedBy.name} can’t be one of them.
          </>
        ),
      };
    case 'rejected': {
      const no = room.approvals.findLast((one) => one.decision === 'rejected');
      return {
        tone: 'danger',
        title: no ? `Rejected by ${no.by.name}` : 'Rejected',
        body: no ? (
          <>
            {no.comment} <RoomAgo value={no.at} />
          </>
        ) : null,
      };
    }
    case 'expired':
      return { tone: 'warn', icon: 'clock', title: 'The request has expired', body: gate?.reason };
    case 'draft':
      return {
        tone: 'neutral',
        icon: 'sign',
        title: gate?.reason ?? 'Not asked yet',
        body: room.gates.actions.request_approval.allowed
          ? 'Rehearsal and backup are in order, so approval can be asked.'
          : (room.gates.actions.request_approval.reason ?? null),
      };
    default: {
      const last = valid.at(-1);
      const open = gate?.open === true;
      return {
        tone: open ? 'ok' : 'warn',
        title: open && last ? `Approved by ${last.by.name}` : (gate?.reason ?? 'Approved'),
        body: last ? (
          <>
            <Time value={last.at} dot />, for exactly this plan. Valid for{' '}
            {policy.approval_max_age_hours} h.
          </>
        ) : null,
      };
    }
  }
}

function Asked({ room }: { room: RollbackRoom }) {
  return room.approvalRequestedAt ? <RoomAgo value={room.approvalRequestedAt} /> : 'just now';
}
