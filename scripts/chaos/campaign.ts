import { Lane } from './lane';
import { type ChaosRun, chaosRun } from './one-run';

export interface Campaign {
  seed: number;
  /** Numbers of the runs: the seed and the number are all that a run depends on. */
  runs: readonly number[];
  lanes: number;
  /** Only chains of which every statement can be taken back. */
  transactional?: boolean;
  /** Told as each one ends. */
  ended?(run: ChaosRun): void;
}

/** Several runs side by side on one server, each with faults of its own. */
export async function campaign({
  seed,
  runs,
  lanes,
  transactional = false,
  ended,
}: Campaign): Promise<ChaosRun[]> {
  const waiting = [...runs];
  const results: ChaosRun[] = [];
  await Promise.all(
    Array.from({ length: Math.min(lanes, runs.length) }, async () => {
      let lane = await Lane.open();
      try {
        for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
          const result = await chaosRun(lane, seed, run, { transactional });
          results.push(result);
          ended?.(result);
          if (result.violations.length === 0) continue;
          // What one left behind must not be laid at the next one's door.
          await lane.close();
          lane = await Lane.open();
        }
      } finally {
        await lane.close();
      }
    }),
  );
  return results;
}
