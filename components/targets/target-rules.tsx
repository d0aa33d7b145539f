import { policyWords } from '@/components/room/policy-words';
import type { MigrationLayout } from '@/lib/core/migration';
import type { Policy } from '@/lib/core/policy';

/** How scripts are named here and what a run demands, as the configuration has it. */
export function TargetRules(props: {
  pattern: string;
  policy: Policy;
  /** The migrations stand above, with the time of each. */
  listed: boolean;
  layout: MigrationLayout | null;
}) {
  const { pattern, policy, listed, layout } = props;
  return (
    <dl className="flex flex-col gap-1 text-xs text-text-2">
      {pattern ? (
        <div>
          <dt className="inline font-medium">Rollback scripts are named </dt>
          <dd className="inline">
            <code className="mono wrap-anywhere text-text">{pattern}</code>
          </dd>
        </div>
      ) : null}
      <div>
        <dt className="inline font-medium">A run here asks for: </dt>
        <dd className="inline">{policyWords(policy).join(' · ')}</dd>
      </div>
      {listed ? (
        <div>
          <dt className="inline font-medium">Generated </dt>
          <dd className="inline">
            {layout === 'folders'
              ? 'is the time that the migration’s folder begins with'
              : 'is the journal’s time: the tracking table of drizzle before 1.0 does not know when a migration was applied'}
          </dd>
        </div>
      ) : null}
    </dl>
  );
}
