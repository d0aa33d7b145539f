import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import { type Control, type Ctx, migrateControl, openControl, tables } from '@/lib/control';
import type { Actor, Role } from '@/lib/core/actor';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';
import type { Plan, PlanStep } from '@/lib/core/plan';
import { type Config, DEFAULT_POLICY, type Policy, type TargetConfig } from '@/lib/core/policy';
import { rollbackLabel } from '@/lib/core/rollback';
import { readIdentity, readTracking } from '@/lib/target';
import { createTestDatabase, type TestDatabase } from './database';
import { NOTHING_PENDING } from './evidence';

/** One migration of a test's own folder; statements are separated by drizzle's breakpoints. */
export interface TestMigration {
  tag: string;
  up: string[];
  down: string[];
}

/** A migrated live database and a draft rollback that undoes its newest migrations. */
export interface PlannedRollback {
  live: TestDatabase;
  control: Control;
  config: Config;
  target: TargetConfig;
  plan: Plan;
  rollbackId: number;
  label: string;
  /** Everything that is written to disk is below this folder. */
  home: string;
  people: Record<Role, Actor & { kind: 'user' }>;
  as(actor: Actor): Ctx;
  close(): Promise<void>;
}

const TRACKING = { schema: 'drizzle', table: '__drizzle_migrations' };
const FIRST_WHEN = 1_760_000_000_000;

let controlTemplate: Promise<string> | undefined;

async function createControlTemplate(): Promise<string> {
  const database = await createTestDatabase();
  await migrateControl(database.url, process.cwd());
  return database.name;
}

/**
 * Migrates a fresh database with drizzle and pins a rollback of its newest `undo` migrations, with the
 * rows that the plan's own verb would write.
 */
export async function planRollback(options: {
  migrations: readonly TestMigration[];
  undo: number;
  policy?: Partial<Policy>;
}): Promise<PlannedRollback> {
  controlTemplate ??= createControlTemplate();
  const controlDatabase = await createTestDatabase({ template: await controlTemplate });
  const live = await createTestDatabase();
  const home = await mkdtemp(path.join(tmpdir(), 'backstep-planned-'));
  const target = targetAt(home, live.url, options.policy);
  const config: Config = {
    path: path.join(home, 'backstep.config.yaml'),
    targets: [target],
    backups: { directory: path.join(home, 'backups'), jobs: 2 },
    clientTools: undefined,
  };
  await writeFolder(target.migrations, options.migrations);
  const plan = await migrateAndPlan(live, target, options);
  const control = openControl(controlDatabase.url, { max: 4 });
  const people = await addPeople(control);
  const rollbackId = await insertRollback(control, target, plan, people.on_call.id);
  return {
    live,
    control,
    config,
    target,
    plan,
    rollbackId,
    label: rollbackLabel(rollbackId),
    home,
    people,
    as: (actor) => ({ actor, requestId: randomUUID(), db: control.db, config }),
    async close() {
      await control.close();
      await Promise.all([controlDatabase.drop(), live.drop()]);
      await rm(home, { recursive: true, force: true });
    },
  };
}

function targetAt(home: string, url: string, policy: Partial<Policy> = {}): TargetConfig {
  return {
    name: 'chat-test',
    environment: 'development',
    url,
    readUrl: url,
    migrations: path.join(home, 'drizzle'),
    rollbacks: path.join(home, 'rollback'),
    rollbackPattern: undefined,
    tracking: TRACKING,
    foundation: undefined,
    bootstrap: undefined,
    policy: { ...DEFAULT_POLICY, ...policy },
    releases: [],
  };
}

const upText = (migration: TestMigration): string =>
  migration.up.join('\n--> statement-breakpoint\n');

async function writeFolder(folder: string, migrations: readonly TestMigration[]): Promise<void> {
  await mkdir(path.join(folder, 'meta'), { recursive: true });
  for (const migration of migrations) {
    await writeFile(path.join(folder, `${migration.tag}.sql`), upText(migration));
  }
  const entries = migrations.map(({ tag }, idx) => ({
    idx,
    version: '7',
    when: FIRST_WHEN + idx,
    tag,
    breakpoints: true,
  }));
  await writeFile(
    path.join(folder, 'meta', '_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  );
}

async function migrateAndPlan(
  live: TestDatabase,
  target: TargetConfig,
  { migrations, undo }: { migrations: readonly TestMigration[]; undo: number },
): Promise<Plan> {
  const client = await live.connect();
  try {
    await migrate(drizzle(client), { migrationsFolder: target.migrations });
    const rows = await readTracking(client, TRACKING);
    const { systemIdentifier, name, serverVersionNum } = await readIdentity(client);
    const end = (index: number) => {
      const tag = migrations[index]?.tag ?? '';
      return { tag, number: tag.slice(0, 4) };
    };
    return {
      target: target.name,
      database: { systemIdentifier, name, serverVersionNum },
      tracking: TRACKING,
      from: end(migrations.length - 1),
      to: end(migrations.length - 1 - undo),
      steps: migrations
        .slice(-undo)
        .reverse()
        .map((migration, position) => {
          const row = rows[migrations.length - 1 - position];
          if (!row) throw new Error(`${migration.tag} was not applied`);
          return stepOf(migration, position, row);
        }),
      rows,
      replay: migrations.map((migration, index) => ({
        tag: migration.tag,
        when: FIRST_WHEN + index,
        hash: sha256Hex(upText(migration)),
        breakpoints: true,
        path: `${migration.tag}.sql`,
      })),
      layout: 'journal',
      forecast: { before: NOTHING_PENDING, after: NOTHING_PENDING },
      schemaFingerprint: fingerprint(await snapshotCatalog(client, { tracking: TRACKING })),
    };
  } finally {
    await client.end();
  }
}

function stepOf(migration: TestMigration, position: number, row: PlanStep['row']): PlanStep {
  const { tag, down } = migration;
  let line = 1;
  const statements = down.map((text, index) => {
    const statement = { index, text, line, kind: 'Stmt', transactional: true, hazards: [] };
    line += text.split('\n').length;
    return statement;
  });
  const rollbackSql = `${down.join(';\n')};\n`;
  return {
    position,
    tag,
    number: tag.slice(0, 4),
    upHash: sha256Hex(upText(migration)),
    row,
    rollbackFile: `${tag.slice(0, 4)}_rollback.sql`,
    pairedBy: 'number',
    rollbackSha256: sha256Hex(rollbackSql),
    rollbackSql,
    unwrapped: false,
    statements,
  };
}

async function addPeople(control: Control): Promise<PlannedRollback['people']> {
  const person = async (role: Role): Promise<Actor & { kind: 'user' }> => {
    const [row] = await control.db
      .insert(tables.users)
      .values({ email: `${role}@example.com`, name: `Person ${role}`, role, passwordHash: '-' })
      .returning({ id: tables.users.id, email: tables.users.email, name: tables.users.name });
    if (!row) throw new Error('the person was not inserted');
    return { kind: 'user', ...row, role };
  };
  return {
    on_call: await person('on_call'),
    reviewer: await person('reviewer'),
    auditor: await person('auditor'),
    admin: await person('admin'),
  };
}

async function insertRollback(
  control: Control,
  target: TargetConfig,
  plan: Plan,
  requestedBy: string,
): Promise<number> {
  const [row] = await control.db
    .insert(tables.rollbacks)
    .values({
      target: target.name,
      environment: target.environment,
      reason: 'The newest migration slows the room list down',
      requestedBy,
      plan,
      planDigest: sha256Hex(canonicalJson(plan)),
      stepsTotal: plan.steps.length,
    })
    .returning({ id: tables.rollbacks.id });
  if (!row) throw new Error('the rollback was not inserted');
  await control.db
    .insert(tables.rollbackSteps)
    .values(plan.steps.map(({ position, tag }) => ({ rollbackId: row.id, position, tag })));
  return row.id;
}
