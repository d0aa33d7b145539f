import type { Release, TargetConfig } from '@/lib/core/policy';
import type { DeployRelease } from '@/lib/core/views';
import { findTaggedRelease } from './tagged-releases';

/**
 * Releases that can be deployed when a target stands at `to`: the configured ones with this head, else
 * the newest tag of the git repository that the migrations folder lies in. Never throws: a repository
 * that can't be read makes no suggestion, and nobody waits for one in order to roll back.
 * @param expectedTags the migrations that stay applied; a tag with any other would apply that one
 */
export async function findReleases(
  target: Pick<TargetConfig, 'migrations' | 'releases'>,
  to: { tag: string; number: string },
  expectedTags: readonly string[],
): Promise<DeployRelease[]> {
  const configured = configuredReleases(target.releases, to);
  if (configured.length > 0) return configured;
  const tagged = await findTaggedRelease(
    target.migrations,
    to.tag,
    expectedTags && new Set(expectedTags),
  );
  if (!tagged) return [];
  const { name, commit, taggedAt } = tagged;
  return [{ name, head: to.tag, commands: [], from: 'git', commit, taggedAt }];
}

/** Releases whose newest migration is the new head, named by tag or by number. */
function configuredReleases(
  releases: readonly Release[],
  to: { tag: string; number: string },
): DeployRelease[] {
  return releases
    .filter(({ head }) => head === to.tag || head === to.number)
    .map((release) => ({ ...release, from: 'configuration', commit: null, taggedAt: null }));
}
