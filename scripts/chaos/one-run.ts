import type { FaultTarget } from '@/lib/testing/fault-room';
import { disagreements, timelineOf } from '@/lib/testing/oracle';
import { type Chain, randomChain } from './chains';
import { randomFault } from './faults';
import type { Lane } from './lane';
import { type Random, randomOf } from './random';

export interface ChaosRun {
  seed: number;
  run: number;
  faults: string[];
  /** What the chain and its runs were like: statements that run alone, one transaction, rescue copies. */
  traits: Set<string>;
  ms: number;
  /** What does not fit; none when the run kept its promises. */
  violations: string[];
  /** What was done, and the whole timeline; told with a violation. */
  history: string[];
}

const RUN = /^backstep run /;
/** Resumes that may be needed when nothing goes wrong any more. */
const CALM_ROUNDS = 4;

/** Plans, breaks and finishes one rollback, and asks the oracle after each end of a run. */
export async function chaosRun(
  lane: Lane,
  seed: number,
  run: number,
  options: { transactional: boolean },
): Promise<ChaosRun> {
  const started = performance.now();
  const random = randomOf(seed, run);
  const chain = randomChain(random, !options.transactional);
  const result: ChaosRun = {
    seed,
    run,
    faults: [],
    traits: new Set(),
    ms: 0,
    violations: [],
    history: [],
  };
  const say = (what: string) =>
    result.history.push(`${((performance.now() - started) / 1000).toFixed(2)} s ${what}`);
  say(chain.history.map(({ down }) => down?.replaceAll('\n', ' ') ?? 'base').join(' | '));
  let target: FaultTarget | undefined;
  try {
    target = await lane.room.target(chain.history, {
      policy: {
        lock_timeout_ms: random.between(150, 1_000),
        step_attempts: random.between(1, 2),
      },
    });
    await rounds({ lane, target, chain, random, result, say });
  } catch (cause) {
    result.violations.push(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
  }
  if (target) {
    if (result.violations.length > 0) {
      const { status, outcome, outcomeMessage } = await target.row();
      say(`${target.label} is ${status}, ${outcome}: ${outcomeMessage}`);
      result.history.push(...(await timelineOf(target)), ...lane.executor.log.slice(-20));
    }
    await lane.room.forget(target);
  }
  result.ms = performance.now() - started;
  return result;
}

interface Round {
  lane: Lane;
  target: FaultTarget;
  chain: Chain;
  random: Random;
  result: ChaosRun;
  say(what: string): void;
}

async function rounds(round: Round): Promise<void> {
  const { lane, target, random, result, say } = round;
  const faulty = random.between(1, 3);
  for (let n = 0; n < faulty + CALM_ROUNDS; n++) {
    const wrong = await lane.ready();
    if (wrong) result.violations.push(wrong);
    const { stepsDone, stepsTotal } = await target.row();
    const mode = {
      allOrNothing: round.chain.transactional && stepsTotal - stepsDone > 1 && random.chance(0.3),
      rescue: random.chance(0.3),
    };
    say(`Run, ${JSON.stringify(mode)}`);
    if (!round.chain.transactional) result.traits.add('statements that run alone');
    if (mode.allOrNothing) result.traits.add('one transaction');
    if (mode.rescue) result.traits.add('rescue copies');
    const reached = n < faulty ? setPoint(round, stepsTotal - stepsDone) : undefined;
    await target.press(mode);
    const besides: Promise<void>[] = [];
    if (reached) await meet(round, reached, besides);
    const row = await target.settled();
    await Promise.all(besides);
    target.proxy.forget();
    say(`${row.status}, ${row.outcome}: ${row.outcomeMessage}`);
    const found = await disagreements(lane.room.system(), target);
    result.violations.push(...found);
    if (found.length > 0 || row.status === 'succeeded') return;
  }
  result.violations.push('It never came to its end, although nothing went wrong any more.');
}

/** Somewhere in the run: at a COMMIT, or at any statement of its session. */
function setPoint({ target, random, say }: Round, steps: number) {
  const atCommit = random.chance(0.45);
  const when = random.pick(['before', 'answered'] as const);
  const nth = atCommit ? random.between(1, steps) : random.between(1, 16 + 14 * steps);
  say(`point: ${when}, ${atCommit ? 'COMMIT' : 'statement'} ${nth}`);
  return target.proxy.hold({
    session: RUN,
    nth,
    when,
    ...(atCommit ? { statement: /^COMMIT/ } : {}),
  });
}

async function meet(
  { lane, target, chain, random, result, say }: Round,
  reached: ReturnType<typeof setPoint>,
  besides: Promise<void>[],
): Promise<void> {
  const fault = randomFault(random);
  const held = await Promise.race([reached, target.settled().then(() => undefined)]);
  if (!held) {
    say('it ended before the point');
    return;
  }
  say(`at «${held.statement.replaceAll(/\s+/g, ' ').slice(0, 100)}»: ${fault.name}`);
  result.faults.push(fault.name);
  await fault.work({
    lane,
    target,
    held,
    random,
    tables: chain.tables,
    say,
    beside: (work) => besides.push(work),
  });
}
