import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { tables } from '@/lib/control';
import { adminUrl } from '@/lib/testing/database';
import { type ExecutorProcess, startExecutorProcess } from '@/lib/testing/executor-process';
import { until } from '@/lib/testing/fault-room';
import { keepFromChecking } from '@/lib/testing/passed-evidence';
import { type Point, startWireProxy, type WireProxy } from '@/lib/testing/wire-proxy';
import type { RestoreRoom } from './restore-room.fixture';

/** Real executors that reach the target through a proxy. */
export interface Executors {
  proxy: WireProxy;
  start(): Promise<ExecutorProcess>;
  /** What ten seconds of the control database's clock do once an executor is dead. */
  lapse(id: number): Promise<void>;
  /** Kills an executor at a point of what `press` has asked for, and has another one settle it. */
  killAt(id: number, point: Point, press: () => Promise<void>): Promise<void>;
  /** An executor stands still past its lease, is taken over, and wakes up. */
  standStill(
    id: number,
    point: Point,
    press: () => Promise<void>,
    settled: () => Promise<boolean>,
  ): Promise<void>;
  close(): Promise<void>;
}

export async function createExecutors(room: RestoreRoom): Promise<Executors> {
  const { planned } = room;
  const { target, home } = planned;
  const proxy = await startWireProxy(target.url);
  const started: ExecutorProcess[] = [];
  const configPath = path.join(home, 'backstep.config.yaml');
  await mkdir(target.rollbacks, { recursive: true });
  await keepFromChecking(room.onCall, target.name);
  // JSON is YAML, too.
  await writeFile(
    configPath,
    JSON.stringify({
      targets: [
        {
          name: target.name,
          environment: target.environment,
          url: proxy.url,
          migrations: target.migrations,
          rollbacks: target.rollbacks,
          policy: { approvals: target.policy.approvals },
        },
      ],
      backups: { directory: planned.config.backups.directory, jobs: 2 },
    }),
  );
  const executors: Executors = {
    proxy,
    async start() {
      const executor = await startExecutorProcess({
        home: path.join(home, 'home'),
        configPath,
        controlUrl: planned.control.url,
        scratchUrl: adminUrl(),
      });
      started.push(executor);
      return executor;
    },
    async lapse(id) {
      await planned.control.db
        .update(tables.restores)
        .set({ heartbeatAt: sql`clock_timestamp() - interval '1 hour'` })
        .where(sql`${tables.restores.id} = ${id} AND ${tables.restores.executorId} IS NOT NULL`);
    },
    async killAt(id, point, press) {
      const executor = await executors.start();
      const held = proxy.hold(point);
      await press();
      const session = await held;
      await executor.kill();
      // What was on its way arrives late, and nobody is there to hear the answer.
      session.forward();
      await executors.lapse(id);
      const other = await executors.start();
      await until('it is settled', async () =>
        ['approved', 'swapped', 'swapped_back', 'failed'].includes((await room.row(id)).status),
      );
      await other.kill();
    },
    async standStill(id, point, press, settled) {
      const first = await executors.start();
      const held = proxy.hold(point);
      await press();
      const session = await held;
      first.freeze();
      await executors.lapse(id);
      await executors.start();
      await until('another one has taken over', settled);
      first.thaw();
      session.forward();
      // It ends of its own accord, with all that it was at.
      await first.end();
    },
    async close() {
      await Promise.all(started.filter((one) => !one.ended()).map((one) => one.kill()));
      await proxy.close();
    },
  };
  return executors;
}
