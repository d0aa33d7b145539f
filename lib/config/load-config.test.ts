import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BackstepError } from '@/lib/core/errors';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { configJsonSchema, findTarget, loadConfig } from '.';

const SECRET = 'canary-4711-secret';
const ENV = { SHOP_URL: `postgres://app:${SECRET}@db.example.com:5432/shop`, TOKEN: SECRET };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'backstep-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let counter = 0;
async function load(text: string | Uint8Array, env: Record<string, string> = ENV) {
  counter += 1;
  const file = path.join(folder, `config-${counter}.yaml`);
  await writeFile(file, text);
  return { file, config: loadConfig({ path: file, env, root: '/srv/backstep' }) };
}

/** The problems of a bad file, without its path: `7: sentence`. */
async function problems(text: string | Uint8Array, env: Record<string, string> = ENV) {
  const { file, config } = await load(text, env);
  const error = await config.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof BackstepError)) throw new Error('the file was accepted');
  expect(error.code).toBe('config_invalid');
  expect(error.message).not.toContain(SECRET);
  return error.message.split('\n').map((line) => line.replace(`${file}:`, ''));
}

const TARGET = `
  - name: shop
    environment: production
    url: \${SHOP_URL}
    migrations: drizzle
    rollbacks: drizzle/rollback`;

/** A dump of a production target is restored before a run relies on it. */
const PRODUCTION = { ...DEFAULT_POLICY, backup: { ...DEFAULT_POLICY.backup, level: 'restored' } };

describe('a configuration', () => {
  it('may be as short as one target, and then has all defaults', async () => {
    const { file, config } = await load(`targets:${TARGET}\n`);
    expect(await config).toEqual({
      path: file,
      targets: [
        {
          name: 'shop',
          environment: 'production',
          url: ENV.SHOP_URL,
          readUrl: ENV.SHOP_URL,
          migrations: path.join(folder, 'drizzle'),
          rollbacks: path.join(folder, 'drizzle/rollback'),
          rollbackPattern: undefined,
          tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
          foundation: undefined,
          bootstrap: undefined,
          policy: PRODUCTION,
          releases: [],
        },
      ],
      backups: { directory: '/srv/backstep/.backstep/backups', jobs: 2 },
      clientTools: undefined,
    });
  });

  it('gives every key its place, and keeps the zeros of a bare number', async () => {
    const { config } = await load(`
policy: { approvals: 2, drift: block, rescue: off, rescue_max_mb: 64 }
client_tools: tools
backups: { directory: /var/backups, jobs: 4 }
targets:${TARGET}
    read_url: postgresql://reader@replica/shop
    rollback_pattern: "{tag}.down.sql"
    tracking: { table: applied }
    foundation: 0018
    policy: { approvals: 0, lock_timeout_ms: 500, rescue: always }
    releases:
      - { name: v7, head: 0032, commands: [kubectl rollout undo] }
`);
    const { targets, backups, clientTools } = await config;
    expect(backups).toEqual({ directory: '/var/backups', jobs: 4 });
    expect(clientTools).toBe(path.join(folder, 'tools'));
    expect(targets[0]).toMatchObject({
      readUrl: 'postgresql://reader@replica/shop',
      rollbackPattern: '{tag}.down.sql',
      tracking: { schema: 'drizzle', table: 'applied' },
      foundation: '0018',
      policy: {
        ...PRODUCTION,
        approvals: 0,
        drift: 'block',
        rescue: 'always',
        rescue_max_mb: 64,
        lock_timeout_ms: 500,
      },
      releases: [{ name: 'v7', head: '0032', commands: ['kubectl rollout undo'] }],
    });
  });

  it('lays grades over the defaults one by one, the target over the file', async () => {
    const { config } = await load(`
policy: { grades: { unproven: block, leaves_residue: block }, loses_data: { older: block } }
targets:${TARGET}
    bootstrap: sql/roles.sql
    policy: { approvals: 2, grades: { leaves_residue: run }, loses_data: { none: acknowledge } }
`);
    const [target] = (await config).targets;
    expect(target?.bootstrap).toBe(path.join(folder, 'sql/roles.sql'));
    expect(target?.policy).toEqual({
      ...PRODUCTION,
      approvals: 2,
      grades: { ...DEFAULT_POLICY.grades, unproven: 'block', leaves_residue: 'run' },
      loses_data: { none: 'acknowledge', own: 'run', older: 'block' },
    });
  });

  it('may name a folder in the pattern of its scripts, and none above', async () => {
    const { config } = await load(
      `targets:${TARGET}\n    rollback_pattern: "{tag}/rollback.sql"\n`,
    );
    expect((await config).targets[0]?.rollbackPattern).toBe('{tag}/rollback.sql');
    for (const pattern of ['../{tag}.sql', '/{tag}.sql', 'a/../{tag}.sql', 'rollback.sql']) {
      expect(await problems(`targets:${TARGET}\n    rollback_pattern: "${pattern}"\n`)).toEqual([
        expect.stringMatching(/^7: targets\[0\]\.rollback_pattern must be a path below/),
      ]);
    }
  });

  it('takes references apart from what only looks like one', async () => {
    const { config } = await load(
      `targets:
  - name: shop
    environment: staging
    url: "postgres://app:\${TOKEN}@host/\${TOKEN}"
    migrations: "$\${literal}/$5"
    rollbacks: r
`,
    );
    const [target] = (await config).targets;
    expect(target?.url).toBe(`postgres://app:${SECRET}@host/${SECRET}`);
    expect(target?.migrations).toBe(path.join(folder, `\${literal}/$5`));
  });

  it('finds its targets by name, and says which there are', async () => {
    const config = await (await load(`targets:${TARGET}\n`)).config;
    expect(findTarget(config, 'shop').environment).toBe('production');
    expect(() => findTarget(config, 'shpo')).toThrow(/no target 'shpo'.*It has shop\./);
  });
});

describe('a bad configuration', () => {
  it('names line, key and variable of a missing or empty variable', async () => {
    expect(await problems(`targets:${TARGET}\n`, {})).toEqual([
      `4: url: the variable SHOP_URL is not set. Set it in the environment of Backstep, or write the value here; a literal \${ is written $\${.`,
    ]);
    expect(await problems(`targets:${TARGET}\n`, { SHOP_URL: '' })).toEqual([
      expect.stringContaining('4: url: the variable SHOP_URL is empty.'),
    ]);
    expect(await problems(`targets:${TARGET}\nclient_tools: \${oops\n`)).toEqual([
      expect.stringContaining('7: client_tools: a reference is not complete.'),
    ]);
  });

  it('says everything at once, in the order of the file', async () => {
    expect(
      await problems(`
targets:
  - name: Shop One
    enviroment: production
    url: mysql://${SECRET}@host/db
    migrations: 7
    rollbacks:
    policy:
      approvals: many
      lock_timeout_ms: 0
      step_attempts: 2.5
      drift: sometimes
      rescue: yes
      rescue_max_mb: 0
    releases: v7
    zebra: 1
colour: red
`),
    ).toEqual([
      '3: targets[0].name must consist of small letters, digits, dots, dashes and underscores, such as shop-production.',
      '3: targets[0].environment is missing. Write production, staging or development.',
      '4: targets[0].enviroment is not a known key. Did you mean environment?',
      '5: targets[0].url must be a connection string such as postgres://user:password@host:5432/database.',
      '6: targets[0].migrations must be a text, and is a number. Put it in quotes.',
      '7: targets[0].rollbacks has no value. Write one, or remove the key.',
      `9: targets[0].policy.approvals must be a number, such as 60, and is a text. Write it without quotes; \${…} always gives a text and can’t be used here.`,
      '10: targets[0].policy.lock_timeout_ms must be at least 10.',
      '11: targets[0].policy.step_attempts must be a whole number.',
      '12: targets[0].policy.drift must be warn or block.',
      '13: targets[0].policy.rescue must be off or ask or always.',
      '14: targets[0].policy.rescue_max_mb must be at least 1.',
      '15: targets[0].releases must be a list (lines that begin with -), and is a text.',
      '16: targets[0].zebra is not a known key. Known here: name, environment, url, read_url, migrations, rollbacks, rollback_pattern, tracking, foundation, bootstrap, policy, releases.',
      '17: colour is not a known key. Known here: targets, policy, backups, client_tools.',
    ]);
  });

  it('knows the grades and what may be done about them', async () => {
    expect(
      await problems(
        `targets:${TARGET}\n    policy:\n      grades:\n        exakt: run\n        fails: ignore\n      loses_data: none\n`,
      ),
    ).toEqual([
      '9: targets[0].policy.grades.exakt is not a known key. Did you mean exact?',
      '10: targets[0].policy.grades.fails must be block or acknowledge or run.',
      '11: targets[0].policy.loses_data must be a group of keys, indented below it, and is a text.',
    ]);
  });

  it('refuses two targets of one name', async () => {
    expect(await problems(`targets:${TARGET}${TARGET}\n`)).toEqual([
      "7: targets[1].name is 'shop' like another target. Give each its own name.",
    ]);
  });

  it('never quotes the source of a syntax error', async () => {
    const broken = [
      `targets:\n  - name: shop\n    url: "postgres://u:${SECRET}@h/d\n`,
      `targets:\n  - url: postgres://u: ${SECRET}: x\n`,
      `targets: [ { url: ${SECRET} ]\n`,
      `\ttargets: ${SECRET}\n`,
      `targets: !${SECRET} x\n`,
      `a: 1\n${SECRET}\n`,
    ];
    for (const text of broken) {
      const [first] = await problems(text);
      expect(first).toMatch(/^\d+: .*Nothing after it was checked\.$/);
    }
    expect(await problems(`targets:${TARGET}\nclient_tools: a\nclient_tools: b\n`)).toEqual([
      '8: this key stands here twice; remove one of the two.',
    ]);
  });

  it('may be empty, absent, or not text, and says what to do', async () => {
    expect(await problems('')).toEqual(['1: targets is missing. List at least one target.']);
    expect(await problems('targets: []')).toEqual([
      '1: targets is an empty list. It needs at least one entry.',
    ]);
    expect(await problems('just words')).toEqual([
      '1: the file must be a group of keys, indented below it, and is a text.',
    ]);
    expect(await problems(new Uint8Array([0x61, 0x3a, 0x20, 0xff]))).toEqual([
      '1: the file is not UTF-8. Save it in that encoding.',
    ]);
    await expect(
      loadConfig({ path: path.join(folder, 'absent.yaml'), env: {}, root: folder }),
    ).rejects.toThrow(/no configuration file at .*absent\.yaml\. Create it .* BACKSTEP_CONFIG/);
  });

  it('does not unfold aliases without end', async () => {
    const levels = Array.from(
      { length: 9 },
      (_, n) => `l${n}: &l${n} [${Array(9).fill(n === 0 ? 'x' : `*l${n - 1}`)}]`,
    );
    expect((await problems(levels.join('\n'))).at(0)).toMatch(/^1: an alias/);
    expect((await problems(`targets: *${SECRET}\n`)).at(0)).toMatch(/^1: an alias/);
  });
});

describe('docs/backstep.config.schema.json', () => {
  it('is what scripts/config-schema.ts writes today', async () => {
    const file = new URL('../../docs/backstep.config.schema.json', import.meta.url);
    // By value: the formatter has its own idea of line breaks.
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(JSON.parse(configJsonSchema()));
  });
});
