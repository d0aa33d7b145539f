'use client';

import { useState } from 'react';
import { DecisionList } from '@/components/room/decision-list';
import { Button } from '@/components/ui/button';
import { Field } from '@/components/ui/field';
import { Panel, PanelBody, PanelFooter, PanelHeader } from '@/components/ui/panel';
import { Textarea } from '@/components/ui/textarea';
import type { RestoreRoom } from '@/lib/core/restore-views';
import type { Acting } from './restore-acting';

/** A reviewer's yes or no to exactly this swap, and what was said so far. */
export function RestoreApproval({ room, acting }: { room: RestoreRoom; acting: Acting }) {
  const [comment, setComment] = useState('');
  const [missing, setMissing] = useState(false);
  const decides = room.gates.actions.decide_restore.allowed;

  async function decide(decision: 'approved' | 'rejected') {
    const said = comment.trim();
    if (decision === 'rejected' && said === '') {
      setMissing(true);
      return;
    }
    const done = await acting.perform('decide_restore', {
      digest: room.digest,
      decision,
      comment: said,
    });
    if (done) setComment('');
  }

  return (
    <>
      {decides ? (
        <Panel aria-labelledby="restore-decision" tone="info">
          <PanelHeader
            title="Your decision"
            titleId="restore-decision"
            detail={`${room.requestedBy.name} asks to swap ${room.backup.label} in on ${room.target.name}`}
          />
          <PanelBody className="flex flex-col gap-3">
            <p className="text-sm wrap-anywhere">
              <span className="font-medium">Reason:</span> {room.reason}
              {room.incident ? ` (${room.incident})` : null}
            </p>
            <Field
              label="Comment"
              hint="Needed to reject. It is kept in the history with your name."
              error={missing ? 'Say why, so that the requester knows what to mend.' : undefined}
            >
              <Textarea
                value={comment}
                rows={3}
                maxLength={2_000}
                onChange={(event) => {
                  setMissing(false);
                  setComment(event.target.value);
                }}
              />
            </Field>
            {acting.failure?.action === 'decide_restore' ? (
              <p role="alert" className="mt-2 text-sm text-danger-text">
                {acting.failure.message}
              </p>
            ) : null}
          </PanelBody>
          <PanelFooter className="justify-end">
            <Button
              variant="danger-outline"
              pending={acting.pending === 'decide_restore'}
              onClick={() => void decide('rejected')}
            >
              Reject
            </Button>
            <Button
              variant="primary"
              pending={acting.pending === 'decide_restore'}
              onClick={() => void decide('approved')}
            >
              Approve
            </Button>
          </PanelFooter>
        </Panel>
      ) : null}
      <DecisionList approvals={room.approvals} events={[]} digest={room.digest ?? ''} />
    </>
  );
}
