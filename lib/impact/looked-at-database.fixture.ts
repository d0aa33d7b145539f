import { Buffer } from 'node:buffer';
import type pg from 'pg';
import { diffCatalogs, snapshotCatalog } from '@/lib/catalog';
import type { LiveImpact, LossLine } from '@/lib/core/evidence';
import type { PlanStep } from '@/lib/core/plan';
import { DEFAULT_POLICY, type TargetConfig } from '@/lib/core/policy';
import { parseScript } from '@/lib/sql';
import { createTestDatabase } from '@/lib/testing/database';
import { lookAtLive } from '.';
import type { StepChanges } from './follow-plan';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

interface LookOptions {
  /** The reading connection, when it is another role's. */
  readUrl?: string;
  timeLimitMs?: number;
  signal?: AbortSignal;
  /** Runs in the rehearsal only: what the live database has beside the files is taken away there. */
  before?: string;
  /** Runs between the rehearsal and the look. */
  between?: () => Promise<void>;
}

/** A live database that scripts are rehearsed against and that is then looked at. */
export interface LookedAtDatabase {
  client: pg.Client;
  url: string;
  name: string;
  connect(): Promise<pg.Client>;
  /** Starts anew with these tables, in the schemas `public` and `app`. */
  schema(sql: string): Promise<void>;
  /** Rehearses the scripts, one a step, in a transaction that is rolled back, and looks. */
  look(scripts: string[], options?: LookOptions): Promise<LiveImpact>;
  drop(): Promise<void>;
}

export async function createLookedAtDatabase(): Promise<LookedAtDatabase> {
  const database = await createTestDatabase();
  const client = await database.connect();
  return {
    client,
    url: database.url,
    name: database.name,
    connect: database.connect,
    async schema(sql) {
      await client.query('DROP SCHEMA IF EXISTS public CASCADE; DROP SCHEMA IF EXISTS app CASCADE');
      await client.query('CREATE SCHEMA public; CREATE SCHEMA app');
      await client.query(sql);
    },
    async look(scripts, { readUrl, before, between, ...rest } = {}) {
      const steps = await Promise.all(scripts.map((script, position) => stepOf(position, script)));
      const changes = await rehearse(client, steps, before);
      await between?.();
      return lookAtLive(targetAt(database.url, readUrl), { steps, changes, ...rest });
    },
    async drop() {
      await client.end();
      await database.drop();
    },
  };
}

export function targetAt(url: string, readUrl = url): TargetConfig {
  return {
    name: 'shop',
    environment: 'development',
    url,
    readUrl,
    migrations: '/',
    rollbacks: '/',
    rollbackPattern: undefined,
    bootstrap: undefined,
    tracking,
    foundation: undefined,
    policy: DEFAULT_POLICY,
    releases: [],
  };
}

export async function stepOf(position: number, script: string): Promise<PlanStep> {
  const parsed = await parseScript(Buffer.from(script), { tracking });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals));
  const tag = `000${position}_test`;
  return {
    position,
    tag,
    number: tag.slice(0, 4),
    upHash: '',
    row: { id: 1, hash: '', createdAt: '0' },
    rollbackFile: `${tag}.sql`,
    pairedBy: 'tag',
    rollbackSha256: '',
    rollbackSql: script,
    unwrapped: false,
    statements: parsed.statements,
  };
}

async function rehearse(
  client: pg.Client,
  steps: readonly PlanStep[],
  before: string | undefined,
): Promise<StepChanges[]> {
  const changes: StepChanges[] = [];
  await client.query('BEGIN');
  try {
    if (before) await client.query(before);
    let last = await snapshotCatalog(client, { tracking });
    for (const { position, statements } of steps) {
      for (const { text } of statements) await client.query(text);
      const now = await snapshotCatalog(client, { tracking });
      changes.push({ position, changes: diffCatalogs(last, now) });
      last = now;
    }
  } finally {
    await client.query('ROLLBACK');
  }
  return changes;
}

/** The lines of the ledger without what is the same in all of them. */
export function linesOf(impact: LiveImpact) {
  const amount = (of: LossLine['rows'] | null) =>
    of === null ? null : of.value === null ? of.source : `${of.estimate ? '≈' : ''}${of.value}`;
  return impact.losses.map(({ kind, name, type, rows, nonNull, differs, bytes, position }) => ({
    at: position,
    line: `${kind} ${name}${type === null ? '' : `: ${type}`}`,
    rows: amount(rows),
    nonNull: amount(nonNull),
    differs: amount(differs),
    bytes: (bytes.value ?? 0) > 0,
  }));
}

/** Findings as `step.statement severity code: message`. */
export function findingsOf(impact: LiveImpact): string[] {
  return impact.findings.map(
    ({ position, statement, code, severity, message }) =>
      `${position}.${statement} ${severity} ${code}: ${message}`,
  );
}
