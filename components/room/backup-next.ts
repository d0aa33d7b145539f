import { isTesting, rehearsedWell } from '@/components/backups/rehearsal-words';
import type { RollbackRoom } from '@/lib/core/views';

/** What somebody has to do before a run may rely on the backup. */
export type BackupNext =
  /** There is none that counts, or the one there is can't be mended. */
  | 'take'
  /** Restore it on the scratch server, with the plan rehearsed on it. */
  | 'test'
  /** A second person looks at what another vouches for. */
  | 'confirm'
  /** The plan fails on its data: the script is to be mended. */
  | 'mend';

/** Null where the gate is open, or what opens it is under way. The gate's own word, as one act. */
export function backupNext(
  room: Pick<RollbackRoom, 'gates' | 'backup' | 'policy' | 'digest' | 'steps'>,
): BackupNext | null {
  const { backup, policy, digest } = room;
  const gate = room.gates.steps.find(({ step }) => step === 'backup');
  if (!gate || gate.open) return null;
  if (backup?.state === 'queued' || backup?.state === 'running') return null;
  if (backup?.state !== 'passed' || gate.state === 'stale') return 'take';
  const { method, attestation, testRestore } = backup;
  if (method === 'attested' && policy.backup.second_person && !attestation?.confirmedBy)
    return 'confirm';
  if (isTesting(testRestore)) return null;
  if (testRestore?.check && !testRestore.check.ok) return 'take';
  const begun = room.steps.some(({ status }) => status === 'committed');
  if (!begun && rehearsedWell(testRestore, digest) === false) return 'mend';
  return 'test';
}
