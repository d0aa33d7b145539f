import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_BACKUP_POLICY } from '@/lib/core/backup';
import { BackstepError } from '@/lib/core/errors';
import { loadConfig } from '.';

const ENV = { ACCESS: 'an-access-key', SECRET: 'canary-0815-secret' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'backstep-backup-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let counter = 0;
async function load(text: string) {
  counter += 1;
  const file = path.join(folder, `config-${counter}.yaml`);
  await writeFile(file, text);
  return loadConfig({ path: file, env: ENV, root: '/srv/backstep' });
}

async function problems(text: string): Promise<string[]> {
  const error = await load(text).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof BackstepError)) throw new Error('the file was accepted');
  expect(error.message).not.toContain(ENV.SECRET);
  return error.message.split('\n').map((line) => line.replace(/^.*\.yaml:/, ''));
}

const target = (environment: string, more = '') => `
  - name: shop-${environment}
    environment: ${environment}
    url: postgres://app@db.example.com/shop
    migrations: drizzle
    rollbacks: rollback${more}`;

const ruleOf = async (text: string) =>
  (await load(text)).targets.map(({ policy }) => policy.backup);

describe('the rules about backups', () => {
  it('want a restored backup in production and a read one elsewhere, unless somebody writes a level', async () => {
    const three = `${target('production')}${target('staging')}${target('development')}\n`;
    expect((await ruleOf(`targets:${three}`)).map(({ level }) => level)).toEqual([
      'restored',
      'read',
      'read',
    ]);
    expect(
      (await ruleOf(`policy: { backup: { level: read } }\ntargets:${three}`)).map(
        ({ level }) => level,
      ),
    ).toEqual(['read', 'read', 'read']);
  });

  it('are laid over each other key by key, the target over the file over the defaults', async () => {
    const own = '\n    policy: { backup: { methods: [command, pg_dump], second_person: true } }';
    const [first, second] = await ruleOf(`
policy:
  backup:
    level: vouched
    command: [wal-g, backup-push, "{target}"]
    second_person: false
targets:${target('production', own)}${target('staging')}
`);
    expect(first).toEqual({
      ...DEFAULT_BACKUP_POLICY,
      methods: ['command', 'pg_dump'],
      level: 'vouched',
      command: ['wal-g', 'backup-push', '{target}'],
      second_person: true,
    });
    expect(second).toEqual({
      ...DEFAULT_BACKUP_POLICY,
      level: 'vouched',
      command: ['wal-g', 'backup-push', '{target}'],
      second_person: false,
    });
  });

  it.each([
    [
      'a level that no attested backup reaches',
      '\n    policy:\n      backup: { methods: [pg_dump, attested], level: restored }',
      [
        "8: targets[0].policy.backup asks for the level restored, and a backup by attested is never more than vouched for, as Backstep can't read it. Write level: vouched, or take attested out of methods.",
      ],
    ],
    [
      'no level where the default can’t be reached',
      '\n    policy:\n      backup: { methods: [command], command: [a] }',
      [
        "8: targets[0].policy.backup says no level, and a backup by command is never more than vouched for, as Backstep can't read it. Write level: vouched, or take command out of methods.",
      ],
    ],
    [
      'a command without its program',
      '\n    policy:\n      backup: { methods: [command], level: vouched }',
      [
        '8: targets[0].policy.backup lists the method command and names no command. Write command: with the program and its arguments as a list.',
      ],
    ],
    [
      'what is not a method, a level or a list',
      '\n    policy:\n      backup: { methods: [tape], level: sworn, command: "pg_dump -Fd", secondperson: true }',
      [
        '8: targets[0].policy.backup.methods[0] must be pg_dump or command or attested.',
        '8: targets[0].policy.backup.level must be vouched or read or restored.',
        '8: targets[0].policy.backup.command must be a list (lines that begin with -), and is a text.',
        '8: targets[0].policy.backup.secondperson is not a known key. Did you mean second_person?',
      ],
    ],
  ])('refuse %s, and say what to write', async (_name, policy, expected) => {
    const found = await problems(`targets:${target('production', policy)}\n`);
    expect(found.sort()).toEqual([...expected].sort());
  });

  it('point at the rule of the file where the target has none of its own', async () => {
    expect(
      await problems(
        `policy:\n  backup: { methods: [attested], level: read }\ntargets:${target('staging')}\n`,
      ),
    ).toEqual([expect.stringMatching(/^2: policy\.backup asks for the level read/)]);
  });
});

describe('where backups go', () => {
  it('may be a bucket, encrypted, and pruned', async () => {
    const { backups } = await load(`
backups:
  storage:
    endpoint: http://127.0.0.1:9000
    bucket: backups-of-shop
    prefix: backstep/production
    access_key: \${ACCESS}
    secret_key: \${SECRET}
    path_style: true
  encryption: { recipients: [age1qqqqqqqq], identity_file: keys/age.txt }
  retention: { count: 3, days: 14 }
targets:${target('staging')}
`);
    expect(backups).toEqual({
      directory: '/srv/backstep/.backstep/backups',
      jobs: 2,
      storage: {
        endpoint: 'http://127.0.0.1:9000',
        region: 'us-east-1',
        bucket: 'backups-of-shop',
        prefix: 'backstep/production',
        accessKey: ENV.ACCESS,
        secretKey: ENV.SECRET,
        pathStyle: true,
      },
      encryption: {
        recipients: ['age1qqqqqqqq'],
        identityFile: path.join(folder, 'keys/age.txt'),
      },
      retention: { count: 3, days: 14 },
    });
  });

  it('is refused when it can’t be meant, without a word of the secrets', async () => {
    expect(
      await problems(`
backups:
  storage:
    endpoint: s3.example.com
    bucket: No Bucket
    prefix: ../elsewhere
    secret_key: \${SECRET}
  encryption:
    recipients: [AGE-SECRET-KEY-1QQ]
  retention:
    count: 0
    weeks: 2
targets:${target('staging')}
`),
    ).toEqual([
      '4: backups.storage.endpoint must be an address such as https://minio.internal:9000.',
      '4: backups.storage.access_key is missing. Write it.',
      '5: backups.storage.bucket must be the name of a bucket: small letters, digits, dots and dashes.',
      '6: backups.storage.prefix must be a path without a slash in front and without .., such as backstep/production.',
      '9: backups.encryption.recipients[0] must be an age recipient, which begins with age1; age-keygen -y prints it.',
      '11: backups.retention.count must be at least 1.',
      '11: backups.retention.days is missing. Write it.',
      '12: backups.retention.weeks is not a known key. Known here: count, days.',
    ]);
  });
});
