import { Badge } from '@/components/ui/badge';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import type { Policy, TargetConfig } from '@/lib/core/policy';
import { addressOf } from '@/lib/target';

/** What the configuration file says, without its secrets. It is changed there, not here. */
export function ConfiguredTargets({
  path,
  targets,
}: {
  path: string;
  targets: readonly TargetConfig[];
}) {
  return (
    <Panel aria-labelledby="targets-title">
      <PanelHeader
        title="Targets"
        titleId="targets-title"
        detail={
          <>
            from <code className="mono break-all">{path}</code>, read again when it changes
          </>
        }
      />
      <ul>
        {targets.map((target) => (
          <li key={target.name} className="border-b border-line-soft last:border-b-0">
            <PanelBody>
              <div className="flex flex-wrap items-center gap-2">
                <Badge kind={target.environment} />
                <span className="font-medium">{target.name}</span>
                <code className="mono text-xs text-text-2">{addressOf(target.url)}</code>
              </div>
              <dl className="mt-3 grid grid-cols-1 gap-x-6 gap-y-2 text-sm md:grid-cols-2">
                {factsOf(target).map(([label, value]) => (
                  <div key={label}>
                    <dt className="text-xs text-text-3">{label}</dt>
                    <dd className="break-words">{value}</dd>
                  </div>
                ))}
              </dl>
            </PanelBody>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function factsOf(target: TargetConfig): [string, string][] {
  return [
    ['Migrations', target.migrations],
    ['Rollback scripts', target.rollbacks],
    ['Tracking table', `${target.tracking.schema}.${target.tracking.table}`],
    ['Foundational up to', target.foundation ?? 'none'],
    ...policyWords(target.policy),
  ];
}

function policyWords(policy: Policy): [string, string][] {
  return [
    [
      'Approvals',
      policy.approvals === 0
        ? 'none needed'
        : `${policy.approvals}, not by the requester, valid for ${policy.approval_max_age_hours} h`,
    ],
    ['Backup', `at most ${policy.backup_max_age_minutes} min old when the run starts`],
    ['Fence', policy.fence ? 'raised with the first step' : 'off'],
    ['Drift', policy.drift === 'block' ? 'blocks the run' : 'is shown and does not block'],
    [
      'Time limits',
      `lock ${policy.lock_timeout_ms} ms, statement ${policy.statement_timeout_ms} ms, ${policy.step_attempts} attempts a step`,
    ],
  ];
}
