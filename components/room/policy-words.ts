import type { BackupLevel } from '@/lib/core/backup';
import type { Policy, RescuePolicy } from '@/lib/core/policy';
import { GRADE_LABELS, GRADES, type GradeVerdict } from '@/lib/core/proof';

const BACKUP_WORDS: Record<BackupLevel, string> = {
  vouched: 'Backups may rest on somebody’s word',
  read: 'Backups are read in full',
  restored: 'Backups are restored, with the plan rehearsed on them',
};

const RESCUE: Record<RescuePolicy, string> = {
  off: 'No rescue copies',
  ask: 'Rescue copies if asked for',
  always: 'Rescue copies always',
};

/** What a target demands, one line each, for people who do not know the configuration file. */
export function policyWords(policy: Policy): string[] {
  const reviewers =
    policy.approvals === 0
      ? 'No approval needed'
      : policy.approvals === 1
        ? '1 reviewer, not the requester'
        : `${policy.approvals} reviewers, none of them the requester`;
  return [
    reviewers,
    ...(policy.approvals > 0 ? [`Approval valid for ${policy.approval_max_age_hours} h`] : []),
    `Confirmed backup, at most ${policy.backup_max_age_minutes} min old`,
    BACKUP_WORDS[policy.backup.level],
    'Rehearsal of exactly this plan',
    policy.drift === 'block' ? 'Schema drift blocks the run' : 'Schema drift is only a warning',
    ...gradeWords(policy),
    policy.fence ? 'Fence against newer images' : 'No fence: the tracking table is watched',
    RESCUE[policy.rescue],
  ];
}

/** Which scripts somebody has to take on, and which never run; `missing` stops a chain by itself. */
function gradeWords(policy: Policy): string[] {
  const named = (verdict: GradeVerdict) => [
    ...GRADES.filter((grade) => grade !== 'missing' && policy.grades[grade] === verdict).map(
      (grade) => GRADE_LABELS[grade].toLowerCase(),
    ),
    ...(policy.loses_data.own === verdict ? ['loses its own data'] : []),
    ...(policy.loses_data.older === verdict ? ['loses older data'] : []),
  ];
  const acknowledged = named('acknowledge');
  const blocked = named('block');
  return [
    ...(acknowledged.length > 0 ? [`To acknowledge: ${acknowledged.join(', ')}`] : []),
    ...(blocked.length > 0 ? [`Never runs: ${blocked.join(', ')}`] : []),
  ];
}
