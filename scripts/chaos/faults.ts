import { waitForAbandoned } from '@/lib/testing/control-sessions';
import { bootImage } from '@/lib/testing/drizzle-generations';
import type { ExecutorProcess } from '@/lib/testing/executor-process';
import type { FaultTarget } from '@/lib/testing/fault-room';
import type { Held } from '@/lib/testing/wire-proxy';
import type { Lane } from './lane';
import type { Random } from './random';

/** What a fault gets: everything that it may break, at the point where the run stands still. */
export interface Scene {
  lane: Lane;
  target: FaultTarget;
  held: Held;
  random: Random;
  tables: readonly string[];
  say(what: string): void;
  /** Something that goes on beside the run and is waited for after it. */
  beside(work: Promise<void>): void;
}

const ENDING_MS = 45_000;

export type Fault = (scene: Scene) => Promise<void>;

/** What becomes of the message that was on its way when its sender died. */
function letGo({ held, random, say }: Scene): void {
  const then = random.pick(['forward', 'drop', 'cut', 'silence'] as const);
  say(`the message on its way: ${then}`);
  held[then]();
}

async function kill(scene: Scene): Promise<void> {
  await scene.lane.kill();
  letGo(scene);
  await scene.lane.room.lapse(scene.target);
  await scene.lane.start();
}

/** Stands still past its lease, is taken over, wakes up. */
async function freeze(scene: Scene): Promise<void> {
  const late = scene.lane.executor;
  late.freeze();
  await scene.lane.room.lapse(scene.target);
  await scene.lane.start();
  await scene.target.settled();
  late.thaw();
  letGo(scene);
  if (scene.random.chance(0.5)) await late.kill();
  else await endInTime(late);
}

/** One that hangs in a run which is no longer its own would never end. */
async function endInTime(executor: ExecutorProcess): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error('An executor that was asked to end is still there.')),
      ENDING_MS,
    );
  });
  await Promise.race([executor.end(), late]).finally(() => clearTimeout(timer));
}

async function cutControl({ lane, target, held, say }: Scene): Promise<void> {
  const { rows } = await lane.room.control.pool.query<{ n: number }>(
    `SELECT count(pg_terminate_backend(pid))::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'backstep executor'`,
  );
  say(`${rows[0]?.n} control connections ended`);
  held.forward();
  await waitForAbandoned(target);
  await lane.room.lapse(target);
}

async function block({ target, held, random, tables, say, beside }: Scene): Promise<void> {
  const [first = 'base', ...others] = tables;
  const table = random.pick([first, ...others]);
  const ms = random.between(50, 2_500);
  const blocker = await target.sample.database.connect();
  const mode = random.pick(['ACCESS SHARE', 'ROW EXCLUSIVE', 'ACCESS EXCLUSIVE']);
  // What the step holds already, a stranger does not get either.
  const locked = await blocker
    .query(`BEGIN; SET lock_timeout = '50ms'; LOCK TABLE ${table} IN ${mode} MODE`)
    .then(
      () => true,
      () => false,
    );
  say(`${mode} on ${table} for ${ms} ms: ${locked ? 'held' : 'not given'}`);
  held.forward();
  beside(
    new Promise<void>((resolve) => setTimeout(resolve, locked ? ms : 0)).then(() => blocker.end()),
  );
}

/** The newer image boots. What it says is one thing; that it applies nothing is the oracle's matter. */
async function boot({ target, held, say, beside }: Scene): Promise<void> {
  beside(bootImage(target.sample, '0.x').then((said) => say(`the newer image: ${said}`)));
  held.forward();
}

/** Asked for by a person, who may come too late. */
async function ask(scene: Scene, what: 'stop' | 'cancel'): Promise<void> {
  await scene.target[what]().catch((cause: Error) => scene.say(`${what}: ${cause.message}`));
  scene.held.forward();
}

/** By the names that a history tells; the ones that take long come seldom. */
export const FAULTS: Record<string, { weight: number; work: Fault }> = {
  kill: { weight: 4, work: kill },
  freeze: { weight: 2, work: freeze },
  cut: { weight: 4, work: async ({ held }) => held.cut() },
  'cut control': { weight: 2, work: cutControl },
  block: { weight: 3, work: block },
  boot: { weight: 3, work: boot },
  stop: { weight: 1, work: (scene) => ask(scene, 'stop') },
  cancel: { weight: 2, work: (scene) => ask(scene, 'cancel') },
  'half-open': { weight: 1, work: async ({ held }) => held.silence() },
  'lost answer': { weight: 1, work: async ({ held }) => held.drop() },
};

export function randomFault(random: Random): { name: string; work: Fault } {
  const all = Object.entries(FAULTS);
  let left = random.next() * all.reduce((sum, [, { weight }]) => sum + weight, 0);
  for (const [name, { weight, work }] of all) {
    left -= weight;
    if (left < 0) return { name, work };
  }
  throw new Error('the weights do not add up');
}
