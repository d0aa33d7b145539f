import type { Policy } from '@/lib/core/policy';

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
    'Rehearsal of exactly this plan',
    policy.drift === 'block' ? 'Schema drift blocks the run' : 'Schema drift is only a warning',
    policy.fence ? 'Fence against newer images' : 'No fence',
  ];
}
