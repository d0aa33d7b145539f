import { randomUUID } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eq, sql } from 'drizzle-orm';
import {
  type Control,
  type Ctx,
  migrateControl,
  openControl,
  readEvents,
  systemContext,
  tables,
} from '@/lib/control';
import { ROLES, type Role } from '@/lib/core/actor';
import type { RollbackEvent } from '@/lib/core/events';
import { type Config, DEFAULT_POLICY, type Policy } from '@/lib/core/policy';
import {
  createSampleTarget,
  type SampleMigration,
  type SampleTarget,
} from '@/lib/folders/sample-target.fixture';
import { addPerson, type Person } from '@/lib/migrations/sample-control.fixture';
import { createRollback } from '@/lib/plan';
import { cancelRun, resumeRun, startRun, stopRun } from '@/lib/run';
import { adminUrl, createTestDatabase, type TestDatabase } from './database';
import { bootImage, type Generation, tagIn, writeVersions } from './drizzle-generations';
import {
  type ExecutorOptions,
  type ExecutorProcess,
  startExecutorProcess,
} from './executor-process';
import { keepFromChecking, passEvidence, withoutJob } from './passed-evidence';
import { startWireProxy, type WireProxy } from './wire-proxy';

/** How a run is asked for. */
export interface RunMode {
  allOrNothing?: boolean;
  rescue?: boolean;
}

/** A rollback that may be run, on a target that executors reach through a proxy of its own. */
export interface FaultTarget {
  sample: SampleTarget;
  proxy: WireProxy;
  id: number;
  label: string;
  /** The on-call engineer's context; reaches the target directly. */
  ctx: Ctx;
  /** Presses Run, or Resume where the rollback has stopped. @returns the run's id */
  press(mode?: RunMode): Promise<number>;
  stop(): Promise<void>;
  cancel(): Promise<void>;
  row(): Promise<typeof tables.rollbacks.$inferSelect>;
  events(): Promise<RollbackEvent[]>;
  /** Waits until the timeline has an event of this kind, so many times. */
  heard(kind: RollbackEvent['kind'], times?: number): Promise<void>;
  /** Waits until no run goes on. @returns the row then */
  settled(): Promise<typeof tables.rollbacks.$inferSelect>;
}

/** A control database with people, and real executors on it. */
export interface FaultRoom {
  control: Control;
  people: Record<Role, Person>;
  system(): Ctx;
  target(
    history: readonly SampleMigration[],
    options?: { policy?: Partial<Policy>; generation?: Generation },
  ): Promise<FaultTarget>;
  executor(options?: ExecutorOptions & { controlUrl?: string }): Promise<ExecutorProcess>;
  /**
   * Lets the lease of runs lapse whose executor is known to be dead: what ten seconds of the control
   * database's clock do.
   */
  lapse(target: FaultTarget): Promise<void>;
  /** Takes a target out of the configuration and drops it. */
  forget(target: FaultTarget): Promise<void>;
  dispose(): Promise<void>;
}

const templates = new Map<string, Promise<string>>();

/** Migrated once for each server; a room's control database is a copy. */
function controlTemplate(server: string): Promise<string> {
  let made = templates.get(server);
  if (!made) {
    made = createTestDatabase({ server }).then(async (database) => {
      await migrateControl(database.url, process.cwd());
      return database.name;
    });
    templates.set(server, made);
  }
  return made;
}

/** @param options.controlServer a server of its own for the control database, which a test stops */
export async function createFaultRoom(
  options: { controlServer?: string } = {},
): Promise<FaultRoom> {
  const server = options.controlServer ?? adminUrl();
  const database = await createTestDatabase({ server, template: await controlTemplate(server) });
  const home = await mkdtemp(path.join(tmpdir(), 'backstep-faults-'));
  const control = openControl(database.url, { max: 6, name: 'a test' });
  const room = new Room(control, database, home);
  for (const role of ROLES) room.people[role] = await addPerson(control, role);
  return room;
}

class Room implements FaultRoom {
  readonly people = {} as Record<Role, Person>;
  private targets: FaultTarget[] = [];
  private readonly executors: ExecutorProcess[] = [];
  private readonly policies = new Map<string, Partial<Policy>>();
  private writing: Promise<void> = Promise.resolve();
  private named = 0;

  constructor(
    readonly control: Control,
    private readonly database: TestDatabase,
    private readonly home: string,
  ) {}

  system(): Ctx {
    return systemContext(this.control, this.config(this.targets.map(({ sample }) => sample)));
  }

  async target(
    history: readonly SampleMigration[],
    options: { policy?: Partial<Policy>; generation?: Generation } = {},
  ): Promise<FaultTarget> {
    this.named += 1;
    const name = `target-${this.named}`;
    const policy = { approvals: 0, ...options.policy };
    const sample = await createSampleTarget(history, {
      name,
      foundation: undefined,
      policy: { ...DEFAULT_POLICY, ...policy },
    });
    const { generation = '0.x' } = options;
    if (generation === '1.x') await writeVersions(sample, history);
    const booted = await bootImage(sample, generation);
    if (booted !== 'booted') throw new Error(`the history can’t be applied: ${booted}`);
    const proxy = await startWireProxy(sample.database.url);
    const ctx: Ctx = {
      actor: this.people.on_call,
      requestId: randomUUID(),
      db: this.control.db,
      config: this.config([sample]),
    };
    await keepFromChecking(ctx, name);
    const to = tagIn(generation, history[0]?.tag ?? '');
    const { id, label } = await createRollback(
      ctx,
      { target: name, to, reason: 'a fault is on its way' },
      { queueRehearsal: withoutJob },
    );
    await passEvidence(ctx, id);
    const target = faultTarget(ctx, sample, proxy, { id, label });
    this.policies.set(name, policy);
    this.targets.push(target);
    await this.writeConfig();
    return target;
  }

  async executor(
    options: ExecutorOptions & { controlUrl?: string } = {},
  ): Promise<ExecutorProcess> {
    if (this.targets.length === 0) throw new Error('an executor wants a target to be configured');
    const executor = await startExecutorProcess(
      {
        home: path.join(this.home, 'home'),
        configPath: path.join(this.home, 'backstep.config.yaml'),
        controlUrl: options.controlUrl ?? this.database.url,
        scratchUrl: adminUrl(),
      },
      options,
    );
    this.executors.push(executor);
    return executor;
  }

  async lapse({ id }: FaultTarget): Promise<void> {
    await this.control.db
      .update(tables.runs)
      .set({ heartbeatAt: sql`clock_timestamp() - interval '1 hour'` })
      .where(sql`${tables.runs.rollbackId} = ${id} AND ${tables.runs.state} = 'running'`);
  }

  async forget(target: FaultTarget): Promise<void> {
    this.targets = this.targets.filter((other) => other !== target);
    if (this.targets.length > 0) await this.writeConfig();
    await target.proxy.close();
    await target.sample.dispose();
  }

  async dispose(): Promise<void> {
    await Promise.all(
      this.executors.filter((executor) => !executor.ended()).map((executor) => executor.kill()),
    );
    await this.control.close();
    await Promise.all(
      this.targets.map(async ({ sample, proxy }) => {
        await proxy.close();
        await sample.dispose();
      }),
    );
    await this.database.drop();
    await rm(this.home, { recursive: true, force: true });
  }

  private config(samples: readonly SampleTarget[]): Config {
    return {
      path: path.join(this.home, 'backstep.config.yaml'),
      targets: samples.map(({ target }) => target),
      backups: { directory: path.join(this.home, 'backups'), jobs: 1 },
      clientTools: undefined,
    };
  }

  /** What executors read; one writing after the other, and never half a file. */
  private writeConfig(): Promise<void> {
    this.writing = this.writing.then(async () => {
      const file = path.join(this.home, 'backstep.config.yaml');
      const targets = this.targets.map(({ sample: { target }, proxy }) => ({
        name: target.name,
        environment: target.environment,
        url: proxy.url,
        read_url: target.readUrl,
        migrations: target.migrations,
        rollbacks: target.rollbacks,
        rollback_pattern: target.rollbackPattern,
        policy: this.policies.get(target.name),
      }));
      // JSON is YAML, too.
      await writeFile(`${file}.new`, JSON.stringify({ targets }, null, 1));
      await rename(`${file}.new`, file);
    });
    return this.writing;
  }
}

function faultTarget(
  ctx: Ctx,
  sample: SampleTarget,
  proxy: WireProxy,
  { id, label }: { id: number; label: string },
): FaultTarget {
  const row = async () => {
    const [found] = await ctx.db.select().from(tables.rollbacks).where(eq(tables.rollbacks.id, id));
    if (!found) throw new Error(`${label} is not there`);
    return found;
  };
  const events = async () => {
    const all: RollbackEvent[] = [];
    for (;;) {
      const batch = await readEvents(ctx, id, all.length, 10_000);
      all.push(...batch);
      if (batch.length < 10_000) return all;
    }
  };
  return {
    sample,
    proxy,
    id,
    label,
    ctx,
    row,
    events,
    async press(mode = {}) {
      const { status, planDigest: digest } = await row();
      const input = { rollback: label, digest, confirm: sample.target.name, ...mode };
      return (await (status === 'stopped' ? resumeRun(ctx, input) : startRun(ctx, input))).run;
    },
    stop: () => stopRun(ctx, { rollback: label }),
    cancel: () => cancelRun(ctx, { rollback: label }),
    heard: async (kind, times = 1) => {
      await until(`${label} hears ${kind}`, async () => {
        const [found] = await ctx.db
          .select({ n: sql<number>`count(*)::int` })
          .from(tables.rollbackEvents)
          .where(sql`rollback_id = ${id} AND kind = ${kind}`);
        return (found?.n ?? 0) >= times;
      });
    },
    async settled() {
      await until(`${label} settles`, async () =>
        ['succeeded', 'stopped'].includes((await row()).status),
      );
      return row();
    },
  };
}

const LOOK_EVERY_MS = 60;
const PATIENCE_MS = 120_000;

/** Waits for what is looked at again and again. @throws Error when it does not come */
export async function until(
  what: string,
  look: () => Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`It did not come to this: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
