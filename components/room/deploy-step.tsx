'use client';

import { Command } from '@/components/ui/command';
import { CopyButton } from '@/components/ui/copy-button';
import { Icon } from '@/components/ui/icon';
import { Time } from '@/components/ui/time';
import type { DeployRelease } from '@/lib/core/views';
import { AfterRunStep } from './after-run-step';
import { RoomAgo } from './room-clock';

export interface DeployStepProps {
  releases: readonly DeployRelease[];
  /** Number of the new head. */
  head: string;
  /** Nothing holds newer images off any more. */
  released: boolean;
}

/** Which release fits the database as it is now, and how to deploy it. A person does that. */
export function DeployStep({ releases, head, released }: DeployStepProps) {
  const [release, ...others] = releases;
  return (
    <AfterRunStep
      icon={
        released ? (
          // Whether it was deployed is not known here, only that somebody let the fence down.
          <Icon name="package" className="text-text-3" />
        ) : (
          <Icon name="arrowRight" className="text-accent-text" />
        )
      }
      title={release ? `Deploy ${release.name}` : `Deploy the image whose journal ends at ${head}`}
    >
      {release ? (
        <>
          <p className="text-sm text-text-2">
            <Origin release={release} head={head} />
          </p>
          {release.commands.length > 0 ? (
            <div className="mt-2 flex flex-col gap-2">
              {release.commands.map((command) => (
                <Command key={command} text={command} what={`command: ${command}`} />
              ))}
            </div>
          ) : null}
        </>
      ) : (
        <p className="text-sm text-text-2">
          No release with this head is configured for the target, and no git tag of its repository
          ends there. It is the newest image that was built before the undone migrations were added.
        </p>
      )}
      {others.length > 0 ? (
        <p className="mt-1 text-xs text-text-2">
          Also ends there: {others.map((other) => other.name).join(', ')}
        </p>
      ) : null}
    </AfterRunStep>
  );
}

/** Where the name comes from, and what else is known of it. */
function Origin({ release, head }: { release: DeployRelease; head: string }) {
  const { from, commit, taggedAt, commands } = release;
  const unsaid = commands.length === 0 ? ' No commands are configured for it.' : '';
  if (from === 'configuration') {
    return `From the configuration: its journal ends at ${head}.${unsaid}`;
  }
  return (
    <>
      The newest git tag whose journal ends at {head}
      {commit ? (
        <>
          {', commit '}
          <code className="mono">{commit.slice(0, 7)}</code>
        </>
      ) : null}
      {taggedAt ? (
        <>
          {', tagged '}
          <Time value={taggedAt} format="dayMinute" dot /> (<RoomAgo value={taggedAt} />)
        </>
      ) : null}
      .{commit ? <CopyButton text={commit} what="whole commit" className="ml-0.5" /> : null}
      {unsaid}
    </>
  );
}
