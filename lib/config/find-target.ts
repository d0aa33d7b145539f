import { BackstepError } from '@/lib/core/errors';
import type { Config, TargetConfig } from '@/lib/core/policy';

/**
 * The target of that name.
 * @throws BackstepError `not_found`
 */
export function findTarget(config: Config, name: string): TargetConfig {
  const target = config.targets.find((candidate) => candidate.name === name);
  if (target) return target;
  const names = config.targets.map((candidate) => candidate.name).join(', ');
  throw new BackstepError(
    'not_found',
    `There is no target '${name}' in the configuration. It has ${names}.`,
  );
}
