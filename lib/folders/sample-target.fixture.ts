import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { DEFAULT_POLICY, type TargetConfig } from '@/lib/core/policy';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';

/** A target for tests: a drizzle folder, a rollbacks folder and a database, all of its own. */
export interface SampleTarget {
  target: TargetConfig;
  database: TestDatabase;
  /** Writes the journal and the files of the first `count` migrations; without it, of all. */
  writeFolder(count?: number): Promise<void>;
  /** Applies what is in the folder, by drizzle's own migrator. */
  migrate(): Promise<void>;
  /** Runs SQL on the database, as somebody other than Backstep would. */
  sql(text: string): Promise<void>;
  dispose(): Promise<void>;
}

export interface SampleMigration {
  tag: string;
  up: string;
  /** The rollback script, under `<number>_rollback.sql`. */
  down?: string;
}

/** Three tables and a column, each with its way back. */
export const SHOP: SampleMigration[] = [
  { tag: '0000_customers', up: 'CREATE TABLE customers (id int PRIMARY KEY);' },
  {
    tag: '0001_orders',
    up: 'CREATE TABLE orders (id int PRIMARY KEY);',
    down: 'DROP TABLE IF EXISTS orders;',
  },
  {
    tag: '0002_order_note',
    up: 'ALTER TABLE orders ADD COLUMN note text;',
    down: '-- the notes are lost\nALTER TABLE orders DROP COLUMN IF EXISTS note;\n',
  },
  {
    tag: '0003_coupons',
    up: 'CREATE TABLE coupons (code text);--> statement-breakpoint\nCREATE INDEX coupons_code ON coupons (code);',
    down: 'DROP INDEX IF EXISTS coupons_code;\nDROP TABLE IF EXISTS coupons;',
  },
];

const FIRST_WHEN = 1_738_575_677_204;

export async function createSampleTarget(
  migrations: readonly SampleMigration[] = SHOP,
  change: Partial<TargetConfig> = {},
): Promise<SampleTarget> {
  const [home, database] = await Promise.all([
    mkdtemp(path.join(tmpdir(), 'backstep-sample-')),
    createTestDatabase(),
  ]);
  const target: TargetConfig = {
    name: 'shop-production',
    // The tests' one server holds targets and scratch databases alike, which production must not.
    environment: 'staging',
    url: database.url,
    readUrl: database.url,
    migrations: path.join(home, 'drizzle'),
    rollbacks: path.join(home, 'rollbacks'),
    rollbackPattern: undefined,
    tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
    foundation: '0000',
    bootstrap: undefined,
    policy: DEFAULT_POLICY,
    releases: [],
    ...change,
  };
  await mkdir(path.join(target.migrations, 'meta'), { recursive: true });
  await mkdir(target.rollbacks, { recursive: true });
  for (const { tag, down } of migrations) {
    if (down !== undefined) {
      await writeFile(path.join(target.rollbacks, `${tag.slice(0, 4)}_rollback.sql`), down);
    }
  }
  const writeFolder = async (count = migrations.length) => {
    const present = migrations.slice(0, count);
    await Promise.all(
      present.map(({ tag, up }) => writeFile(path.join(target.migrations, `${tag}.sql`), up)),
    );
    await writeFile(
      path.join(target.migrations, 'meta', '_journal.json'),
      JSON.stringify({
        version: '7',
        dialect: 'postgresql',
        entries: present.map(({ tag }, idx) => ({
          idx,
          version: '7',
          when: FIRST_WHEN + idx * 60_000,
          tag,
          breakpoints: true,
        })),
      }),
    );
  };
  const sql = async (text: string) => {
    const client = await database.connect();
    await client.query(text).finally(() => client.end());
  };
  await writeFolder();
  return {
    target,
    database,
    writeFolder,
    sql,
    async migrate() {
      const client = await database.connect();
      await migrate(drizzle(client), {
        migrationsFolder: target.migrations,
        migrationsSchema: target.tracking.schema,
        migrationsTable: target.tracking.table,
      }).finally(() => client.end());
    },
    async dispose() {
      await Promise.all([database.drop(), rm(home, { recursive: true, force: true })]);
    },
  };
}

/** Changes the journal in place. */
export async function editJournal(
  target: Pick<TargetConfig, 'migrations'>,
  edit: (journal: { version: string; dialect: string; entries: Record<string, unknown>[] }) => void,
): Promise<void> {
  const file = path.join(target.migrations, 'meta', '_journal.json');
  const journal = JSON.parse(await readFile(file, 'utf8'));
  edit(journal);
  await writeFile(file, JSON.stringify(journal));
}
