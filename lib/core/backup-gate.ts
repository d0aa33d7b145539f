import type { Actor } from './actor';
import { type BackupPolicy, type BackupRehearsal, reachesLevel } from './backup';
import type { BackupEvidence, JobState } from './evidence';
import { type GateInput, MINUTE } from './gate-rules';

interface GateVerdict {
  open: boolean;
  reason?: string;
}

const closed = (reason: string): GateVerdict => ({ open: false, reason });

/** Whether a run may rely on the backup: its age, what it is of, and what is known of it. */
export function backupGate(input: GateInput): GateVerdict {
  const { backup } = input;
  if (!backup) return closed('No backup has been taken yet.');
  switch (backup.state) {
    case 'queued':
    case 'running':
      return closed('The backup is still being taken.');
    case 'interrupted':
      return closed('The backup was interrupted. Take another.');
    case 'failed':
      return closed('The backup is not confirmed. Take another.');
    case 'passed': {
      const problem =
        unusable(input, backup) ?? unconfirmed(input, backup) ?? notProven(input, backup);
      return problem === undefined ? { open: true } : closed(problem);
    }
  }
}

/** Another one is needed, whatever else is done with this one. */
function unusable(input: GateInput, backup: BackupEvidence): string | undefined {
  const { policy, now } = input;
  const { label } = backup;
  if (backup.prunedAt) return `${label} has been pruned. Take another.`;
  const age = backup.snapshotAt ? now - Date.parse(backup.snapshotAt) : Number.POSITIVE_INFINITY;
  if (age > policy.backup_max_age_minutes * MINUTE)
    return `${label} is older than ${policy.backup_max_age_minutes} min. Take another.`;
  // After the first step the schema is another one anyhow; preflight knows which ones count then.
  if (backup.ofAnotherSchema && input.stepsDone === 0)
    return `${label} was taken of another schema than the plan’s: something migrated in between. Take another.`;
  if (!policy.backup.methods.includes(backup.method))
    return `The policy of this target takes no backup by ${backup.method}, as ${label} is. Take another.`;
  return undefined;
}

function unconfirmed(
  { policy }: Pick<GateInput, 'policy'>,
  { label, method, attestation }: BackupEvidence,
): string | undefined {
  const alone = method === 'attested' && policy.backup.second_person && !attestation?.confirmedBy;
  return alone
    ? `${label} has been vouched for by one person. Another has to confirm it.`
    : undefined;
}

/** What the test restore has shown, or has to show first. */
function notProven(input: GateInput, backup: BackupEvidence): string | undefined {
  const { policy, digest, stepsDone } = input;
  const { label, testRestore: test } = backup;
  // Seen to be wrong is wrong, also for a policy that would not have asked for a look.
  if (test?.check && !test.check.ok)
    return `${label} is not what its manifest says: ${sentence(test.check.message)} Take another.`;
  const rehearsal = test?.rehearsal?.digest === digest ? test.rehearsal : null;
  if (stepsDone === 0 && rehearsal && !rehearsal.ok)
    return `The plan fails on the data of ${label}: ${whereItFailed(rehearsal)} Mend the script, then pin the plan again.`;
  if (policy.backup.level !== 'restored') {
    return reachesLevel(backup.level, policy.backup.level)
      ? undefined
      : `Nobody but the person who vouches for ${label} has read it, and the policy of this target wants it read in full. Take another with pg_dump.`;
  }
  if (backup.method !== 'pg_dump')
    return `${label} can’t be restored to test it, and the policy of this target asks for that. Take another with pg_dump.`;
  if (!test) return `${label} has not been restored to test it. Test it.`;
  switch (test.state) {
    case 'queued':
    case 'running':
      return `${label} is being restored to test it. Wait until that has ended.`;
    case 'interrupted':
      return `The test restore of ${label} was interrupted. Test it again.`;
    case 'failed':
      return `${label} could not be restored to test it: ${sentence(test.error ?? 'nobody knows why')} Mend that and test it again, or take another.`;
    case 'passed':
      if (!test.check) return `The test restore of ${label} has compared nothing. Test it again.`;
      return stepsDone === 0 && !rehearsal
        ? `This plan has not been rehearsed on ${label}. Test it again.`
        : undefined;
  }
}

/** The step, its line and PostgreSQL's words; else what was found after the last step. */
export function whereItFailed(rehearsal: BackupRehearsal): string {
  const step = rehearsal.steps.find(({ error }) => error !== undefined);
  if (!step?.error) return sentence(rehearsal.message);
  const { line, message, detail } = step.error;
  const at = line === undefined ? step.tag : `${step.tag}, line ${line}`;
  return `${at}: ${sentence(message)}${detail ? ` ${sentence(detail)}` : ''}`;
}

const sentence = (text: string): string => (/[.!?]$/.test(text.trim()) ? text : `${text}.`);

const isBusy = (state: JobState | undefined): boolean => state === 'queued' || state === 'running';

/** What the acts upon one backup look at: its evidence in a room, or its row alone. */
export type BackupAct = Pick<
  BackupEvidence,
  'label' | 'state' | 'method' | 'prunedAt' | 'takenById' | 'cancelRequestedBy'
> & {
  attestation: { confirmedBy: unknown } | null;
  testRestore: { state: JobState } | null;
};

/** Undefined when it can be cancelled. */
export function cancelBackupProblem(backup: BackupAct | null): string | undefined {
  if (!backup || !isBusy(backup.state)) return 'No backup is being taken.';
  return backup.cancelRequestedBy ? 'Cancel has been requested.' : undefined;
}

/** Undefined when this person may confirm what another vouched for. */
export function confirmBackupProblem(
  backup: BackupAct | null,
  policy: Pick<BackupPolicy, 'second_person'>,
  actor: Actor,
): string | undefined {
  if (backup?.method !== 'attested' || backup.state !== 'passed')
    return 'There is no backup that somebody vouches for.';
  if (backup.prunedAt) return `${backup.label} has been pruned.`;
  if (!policy.second_person) return 'The policy of this target asks for no second person.';
  if (backup.attestation?.confirmedBy) return `${backup.label} has been confirmed already.`;
  if (actor.kind === 'user' && actor.id === backup.takenById)
    return `You vouch for ${backup.label} yourself, so somebody else confirms it.`;
  return undefined;
}

/** Undefined when it can be restored on the scratch server. */
export function testRestoreProblem(backup: BackupAct | null): string | undefined {
  if (backup?.state !== 'passed') return 'There is no confirmed backup to restore.';
  if (backup.prunedAt) return `${backup.label} has been pruned. Take another.`;
  if (backup.method !== 'pg_dump')
    return `Only a backup that Backstep dumped can be restored to test it; ${backup.label} is by ${backup.method}.`;
  return isBusy(backup.testRestore?.state) ? `${backup.label} is being restored.` : undefined;
}

/** Undefined when the policy lets Backstep take one by itself. */
export function takeMethodProblem(policy: Pick<BackupPolicy, 'methods'>): string | undefined {
  return policy.methods.some((method) => method !== 'attested')
    ? undefined
    : 'The policy of this target relies on backups that are made elsewhere. Vouch for one instead.';
}

/** Undefined when the policy lets a person vouch for one. */
export function attestMethodProblem(policy: Pick<BackupPolicy, 'methods'>): string | undefined {
  return policy.methods.includes('attested')
    ? undefined
    : 'The policy of this target takes nobody’s word for a backup. Take one instead.';
}
