import { verdictOf } from '@/lib/core/proof';
import type { RollbackRoom } from '@/lib/core/views';

/** A script that PostgreSQL refused; not a scratch server that could not be had. */
export function scriptFailed({ rehearsal, digest }: RollbackRoom): boolean {
  return (
    rehearsal?.digest === digest &&
    rehearsal.state === 'failed' &&
    rehearsal.result?.steps.some((step) => step.error !== undefined) === true
  );
}

/** Rehearsed, and the policy lets nobody run what the round trips found: only another script helps. */
export function policyBlocks({ rehearsal, digest, policy }: RollbackRoom): boolean {
  return (
    rehearsal?.digest === digest &&
    rehearsal.state === 'passed' &&
    rehearsal.result?.proofs.some(({ proof }) => verdictOf(proof, policy) === 'block') === true
  );
}

/** The rehearsal is over, and the gate of its step waits for somebody to read the dangers. */
export function dangersUnread(room: RollbackRoom): boolean {
  const { rehearsal, digest } = room;
  const gate = room.gates.steps.find((one) => one.step === 'preview');
  return (
    rehearsal?.digest === digest &&
    rehearsal.state === 'passed' &&
    gate?.open === false &&
    gate.state === 'current'
  );
}
