import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import {
  type Control,
  type Ctx,
  loadFacts,
  migrateControl,
  openControl,
  readEvents,
  systemContext,
  tables,
} from '@/lib/control';
import type { Actor } from '@/lib/core/actor';
import type { RollbackEvent } from '@/lib/core/events';
import type { Plan } from '@/lib/core/plan';
import { type Config, DEFAULT_POLICY, type TargetConfig } from '@/lib/core/policy';
import { findClientTool } from '@/lib/embedded';
import { checkPlan, createRollback } from '@/lib/plan';
import { queueRehearsal, rehearse } from '@/lib/rehearsal';
import { performRun, startRun } from '@/lib/run';
import { allExact } from '@/lib/testing/evidence';
import type { Folder } from './folders';

/** A control database with one person, and the verbs called as the executor and the pages call them. */
export class RunBench {
  private constructor(
    readonly control: Control,
    private readonly person: Actor & { kind: 'user' },
    private readonly scratchUrl: string,
  ) {}

  static async open(url: string, scratchUrl: string): Promise<RunBench> {
    await migrateControl(url, process.cwd());
    const control = openControl(url, { max: 12 });
    const [row] = await control.db
      .insert(tables.users)
      .values({ email: 'bench@example.com', name: 'Bench', role: 'on_call', passwordHash: '-' })
      .returning({ id: tables.users.id, email: tables.users.email, name: tables.users.name });
    if (!row) throw new Error('the person was not inserted');
    return new RunBench(control, { kind: 'user', role: 'on_call', ...row }, scratchUrl);
  }

  /** A plan for all scripts of the folder. */
  async plan(name: string, url: string, folder: Folder): Promise<Plan> {
    const { system, id } = await this.create(targetOf(name, url, folder));
    return (await loadFacts(system, id)).row.plan;
  }

  /** A plan for all scripts of the folder, rehearsed and backed up. @returns what Run is pressed with */
  async prepare(name: string, url: string, folder: Folder): Promise<PreparedRun> {
    const { system, ctx, id, label } = await this.create(targetOf(name, url, folder));
    await this.rehearse(system, id);
    await this.backUp(system, id);
    const { input, row } = await loadFacts(system, id);
    for (const { key } of input.dangers) {
      await this.control.db.insert(tables.acknowledgements).values({
        rollbackId: id,
        digest: row.planDigest,
        key,
        acknowledgedBy: row.requestedBy,
      });
    }
    return { id, label, digest: row.planDigest, target: name, ctx, system };
  }

  /** Presses Run and performs it. @returns its events; it has gone well */
  async perform(prepared: PreparedRun): Promise<RollbackEvent[]> {
    const { id, label, digest, target, ctx, system } = prepared;
    const { run } = await startRun(ctx, { rollback: label, digest, confirm: target });
    await performRun(system, run, {
      executorId: EXECUTOR,
      executorName: 'bench',
      checkPlan,
      // To read a dump back is measured by the product's own part.
      confirmBackup: async () => ({ ok: true }),
    });
    const { row } = await loadFacts(system, id);
    if (row.outcome !== 'changed_verified') throw new Error(`the run ended: ${row.outcomeMessage}`);
    return readEvents(system, id, 0, 10_000);
  }

  private async create(target: TargetConfig) {
    const config: Config = {
      path: '/bench/backstep.config.yaml',
      targets: [target],
      backups: { directory: '/bench/backups', jobs: 1 },
      clientTools: undefined,
    };
    const system: Ctx = systemContext(this.control, config);
    const ctx: Ctx = { ...system, actor: this.person };
    const asked = { target: target.name, to: '0000_step', reason: 'bench' };
    return { system, ctx, ...(await createRollback(ctx, asked, { queueRehearsal })) };
  }

  private async rehearse(system: Ctx, rollbackId: number): Promise<void> {
    const [queued] = await this.control.db
      .select({ id: tables.rehearsals.id })
      .from(tables.rehearsals)
      .where(eq(tables.rehearsals.rollbackId, rollbackId));
    await rehearse(
      system,
      { rehearsalId: queued?.id ?? 0 },
      {
        executorId: EXECUTOR,
        scratchUrl: this.scratchUrl,
        signal: new AbortController().signal,
        proveSteps: allExact,
        findTool: findClientTool,
      },
    );
  }

  private async backUp(system: Ctx, rollbackId: number): Promise<void> {
    const { row } = await loadFacts(system, rollbackId);
    await this.control.db.insert(tables.backups).values({
      rollbackId,
      target: row.target,
      method: 'pg_dump',
      state: 'passed',
      level: 'read',
      takenBy: row.requestedBy,
      snapshotAt: new Date().toISOString(),
      location: '/bench/backups',
      manifestSha256: '-',
      manifest: {
        format: 'backstep-manifest-1',
        target: row.target,
        database: row.plan.database,
        head: row.plan.from.tag,
        trackingRows: row.plan.rows.length,
        schemaFingerprint: row.plan.schemaFingerprint,
        tool: 'pg_dump',
        files: [],
      },
    });
  }
}

const EXECUTOR = randomUUID();

export interface PreparedRun {
  id: number;
  label: string;
  digest: string;
  target: string;
  ctx: Ctx;
  system: Ctx;
}

/** A target as configured, with one person's word enough. */
export const targetOf = (name: string, url: string, folder: Folder): TargetConfig => ({
  name,
  // Everything of the bench is on one machine, which production must not be.
  environment: 'staging',
  url,
  readUrl: url,
  migrations: folder.migrations,
  rollbacks: folder.rollbacks,
  rollbackPattern: undefined,
  tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
  foundation: undefined,
  bootstrap: undefined,
  policy: { ...DEFAULT_POLICY, approvals: 0, rescue: 'off' },
  releases: [],
});
