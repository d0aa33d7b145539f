import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { sha256Hex } from '@/lib/core/digest';
import type { MigrationLayout, TrackingRow } from '@/lib/core/migration';
import { DEFAULT_POLICY, type TargetConfig } from '@/lib/core/policy';
import { adminUrl, createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { createScratchDatabase, type ScratchDatabase } from '.';
import type { ReplayFile } from './replay-folder';
import { connectScratch } from './scratch-database';

export const TRACKING = { schema: 'drizzle', table: '__drizzle_migrations' };

/** Everything that a test makes, taken away by `clear`. */
export class Workshop {
  private readonly scratch: ScratchDatabase[] = [];
  private readonly live: TestDatabase[] = [];
  private readonly folders: string[] = [];
  private readonly clients: pg.Client[] = [];
  private readonly roles: string[] = [];

  async scratchDatabase(): Promise<{ database: ScratchDatabase; client: pg.Client }> {
    const database = await createScratchDatabase({
      scratchUrl: adminUrl(),
      name: `test_scratch_${randomName()}`,
    });
    this.scratch.push(database);
    const client = await database.connect();
    this.clients.push(client);
    return { database, client };
  }

  /** A target whose live schema these statements make. */
  async target(...statements: string[]): Promise<{ target: TargetConfig; live: TestDatabase }> {
    const live = await createTestDatabase();
    this.live.push(live);
    await this.on(live, ...statements);
    const target: TargetConfig = {
      name: 'chat-test',
      environment: 'development',
      url: live.url,
      readUrl: live.url,
      migrations: await this.folder({}),
      rollbacks: '/nowhere',
      rollbackPattern: undefined,
      tracking: TRACKING,
      foundation: undefined,
      bootstrap: undefined,
      policy: DEFAULT_POLICY,
      releases: [],
    };
    return { target, live };
  }

  async on(database: TestDatabase, ...statements: string[]): Promise<void> {
    const client = await database.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  /** A role of the whole server, with a name of its own. */
  async role(options = 'NOLOGIN'): Promise<string> {
    const name = `role_${randomName()}`;
    this.roles.push(name);
    await asAdmin((admin) => admin.query(`CREATE ROLE ${name} ${options}`));
    return name;
  }

  async folder(files: Record<string, string>): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'backstep-scratch-test-'));
    this.folders.push(folder);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    return folder;
  }

  async clear(): Promise<void> {
    await Promise.all(this.clients.splice(0).map((client) => client.end().catch(() => undefined)));
    await Promise.all(this.scratch.splice(0).map((one) => one.drop()));
    await Promise.all(this.live.splice(0).map((one) => one.drop()));
    for (const folder of this.folders.splice(0)) await rm(folder, { recursive: true });
    for (const role of this.roles.splice(0)) {
      await asAdmin((admin) => admin.query(`DROP ROLE IF EXISTS ${role}`));
    }
  }
}

export const randomName = (): string => Math.random().toString(36).slice(2, 12);

export async function asAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = await connectScratch(adminUrl());
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

export async function roleExists(name: string): Promise<boolean> {
  return asAdmin(async (admin) => {
    const { rowCount } = await admin.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
    return rowCount === 1;
  });
}

const FIRST_WHEN = 1_760_000_000_000;

/** Migrations as a plan pins them, their texts, and the rows that drizzle would have written. */
export function migrationsOf(
  texts: Record<string, string>,
  layout: MigrationLayout = 'journal',
): { files: ReplayFile[]; contents: Record<string, string>; rows: TrackingRow[] } {
  const files = Object.entries(texts).map(([tag, sql], index) => ({
    tag,
    when: FIRST_WHEN + index,
    hash: sha256Hex(sql),
    breakpoints: true,
    path: layout === 'folders' ? `${tag}/migration.sql` : `${tag}.sql`,
  }));
  return {
    files,
    contents: Object.fromEntries(files.map(({ path: name, tag }) => [name, texts[tag] ?? ''])),
    rows: files.map(({ hash, when, tag }, index) => ({
      id: index + 1,
      hash,
      createdAt: String(when),
      ...(layout === 'folders' && { name: tag, appliedAt: '2026-01-02T03:04:05.000Z' }),
    })),
  };
}
