import path from 'node:path';
import { type Config, DEFAULT_POLICY, type Policy, type TargetConfig } from '@/lib/core/policy';
import { homeOf } from './environment';
import type { ConfigSource } from './load-config';
import type { ConfigFile } from './schema';

const DEFAULT_JOBS = 2;

/** Fills in the defaults and makes every path absolute, from the configuration file's folder. */
export function toConfig(file: ConfigFile, source: ConfigSource): Config {
  const at = path.resolve(source.path);
  const home = source.home ?? homeOf(source.env, source.root);
  const resolve = (written: string) => path.resolve(path.dirname(at), written);
  return {
    path: at,
    targets: file.targets.map(
      (target): TargetConfig => ({
        name: target.name,
        environment: target.environment,
        url: target.url,
        readUrl: target.read_url ?? target.url,
        migrations: resolve(target.migrations),
        rollbacks: resolve(target.rollbacks),
        rollbackPattern: target.rollback_pattern,
        tracking: {
          schema: target.tracking?.schema ?? 'drizzle',
          table: target.tracking?.table ?? '__drizzle_migrations',
        },
        foundation: target.foundation,
        bootstrap: target.bootstrap === undefined ? undefined : resolve(target.bootstrap),
        policy: policyOf(file.policy, target.policy),
        releases: (target.releases ?? []).map((release) => ({
          name: release.name,
          head: release.head,
          commands: release.commands ?? [],
        })),
      }),
    ),
    backups: {
      directory: file.backups?.directory
        ? resolve(file.backups.directory)
        : path.join(home, 'backups'),
      jobs: file.backups?.jobs ?? DEFAULT_JOBS,
    },
    clientTools: file.client_tools === undefined ? undefined : resolve(file.client_tools),
  };
}

/** The target's over the file's over the defaults, key by key; so are the grades one by one. */
function policyOf(ofFile: ConfigFile['policy'], ofTarget: ConfigFile['policy']): Policy {
  return layPolicy(layPolicy(DEFAULT_POLICY, ofFile), ofTarget);
}

function layPolicy(policy: Policy, over: ConfigFile['policy']): Policy {
  return {
    ...policy,
    ...over,
    grades: { ...policy.grades, ...over?.grades },
    loses_data: { ...policy.loses_data, ...over?.loses_data },
  };
}
