import path from 'node:path';
import {
  type BackupsConfig,
  type Config,
  DEFAULT_POLICY,
  type Policy,
  type TargetConfig,
} from '@/lib/core/policy';
import { defaultLevel } from './backup-policy';
import { homeOf } from './environment';
import type { ConfigSource } from './load-config';
import type { ConfigFile } from './schema';

const DEFAULT_JOBS = 2;
const DEFAULT_REGION = 'us-east-1';

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
        policy: policyOf(file, target),
        releases: (target.releases ?? []).map((release) => ({
          name: release.name,
          head: release.head,
          commands: release.commands ?? [],
        })),
      }),
    ),
    backups: backupsOf(file.backups, home, resolve),
    clientTools: file.client_tools === undefined ? undefined : resolve(file.client_tools),
  };
}

function backupsOf(
  written: ConfigFile['backups'],
  home: string,
  resolve: (written: string) => string,
): BackupsConfig {
  const { storage, encryption, retention } = written ?? {};
  return {
    directory: written?.directory ? resolve(written.directory) : path.join(home, 'backups'),
    jobs: written?.jobs ?? DEFAULT_JOBS,
    ...(storage && {
      storage: {
        ...(storage.endpoint === undefined ? {} : { endpoint: storage.endpoint }),
        region: storage.region ?? DEFAULT_REGION,
        bucket: storage.bucket,
        prefix: storage.prefix ?? '',
        accessKey: storage.access_key,
        secretKey: storage.secret_key,
        pathStyle: storage.path_style ?? false,
      },
    }),
    ...(encryption && {
      encryption: {
        recipients: encryption.recipients,
        ...(encryption.identity_file === undefined
          ? {}
          : { identityFile: resolve(encryption.identity_file) }),
      },
    }),
    ...(retention && { retention }),
  };
}

/** The target's over the file's over the defaults, key by key; so are the grades and the backup's rules. */
function policyOf(file: ConfigFile, target: ConfigFile['targets'][number]): Policy {
  const policy = layPolicy(layPolicy(DEFAULT_POLICY, file.policy), target.policy);
  const level =
    target.policy?.backup?.level ??
    file.policy?.backup?.level ??
    defaultLevel(target.environment, policy.backup.methods);
  return { ...policy, backup: { ...policy.backup, level } };
}

function layPolicy(policy: Policy, over: ConfigFile['policy']): Policy {
  return {
    ...policy,
    ...over,
    backup: { ...policy.backup, ...over?.backup },
    grades: { ...policy.grades, ...over?.grades },
    loses_data: { ...policy.loses_data, ...over?.loses_data },
  };
}
