import { parseArgs } from 'node:util';
import { startTemporaryServer } from '@/lib/embedded';
import { campaign } from './campaign';
import type { ChaosRun } from './one-run';

const USAGE =
  'npm run chaos -- [--runs 500] [--seed 1] [--only <run>] [--lanes 6] [--transactional]';

/** `npm run chaos`: random chains, random faults, real processes; the oracle after each end of a run. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      only: { type: 'string' },
      lanes: { type: 'string', default: '6' },
      transactional: { type: 'boolean', default: false },
    },
  });
  const seed = whole(values.seed);
  const runs =
    values.only === undefined
      ? Array.from({ length: whole(values.runs) }, (_, run) => run)
      : [whole(values.only)];
  const server = await startTemporaryServer();
  process.env.BACKSTEP_TEST_POSTGRES_URL = server.url;
  const started = performance.now();
  try {
    console.log(`seed ${seed}, ${runs.length} runs`);
    const results = await campaign({
      seed,
      runs,
      lanes: whole(values.lanes),
      transactional: values.transactional,
      ended: tell,
    });
    const broken = results.filter(({ violations }) => violations.length > 0);
    const seconds = (performance.now() - started) / 1000;
    console.log(
      `${results.length} runs, ${countFaults(results)} faults, ${broken.length} violations, ${seconds.toFixed(0)} s (${(seconds / results.length).toFixed(2)} s a run)`,
    );
    for (const trait of ['statements that run alone', 'one transaction', 'rescue copies']) {
      console.log(`${results.filter(({ traits }) => traits.has(trait)).length} with ${trait}`);
    }
    for (const { run } of broken)
      console.log(`again: npm run chaos -- --seed ${seed} --only ${run}`);
    process.exitCode = broken.length > 0 ? 1 : 0;
  } finally {
    await server.stop();
  }
}

function whole(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(USAGE);
  return number;
}

const countFaults = (results: readonly ChaosRun[]): number =>
  results.reduce((sum, { faults }) => sum + faults.length, 0);

function tell({ seed, run, faults, traits, ms, violations, history }: ChaosRun): void {
  const what = [faults.join(', ') || 'nothing', ...traits].join('; ');
  console.log(
    `${violations.length > 0 ? '✗' : '✓'} ${seed}/${run} ${(ms / 1000).toFixed(1)} s: ${what}`,
  );
  if (violations.length > 0) {
    console.log([...violations, ...history].map((line) => `    ${line}`).join('\n'));
  }
}

main().catch((cause: unknown) => {
  console.error(cause);
  process.exit(1);
});
