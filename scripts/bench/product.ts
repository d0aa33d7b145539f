import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { applyFolder, createDatabase, databaseUrl } from './databases';
import { writeFolder } from './folders';
import { type Line, summarise, timed, words } from './measure';
import { startProduct } from './product-server';
import { LISTENERS, runChain } from './run-chain';

const LONG_LIST = 1_000;
const CHAIN = 51;

/**
 * The whole product: the page of a long list, and a chain that is taken back, beside psql with the same
 * scripts.
 * @param serverUrl a durable server, with commit timestamps
 */
export async function benchProduct(serverUrl: string): Promise<Line[]> {
  const home = await mkdtemp(path.join(tmpdir(), 'backstep-bench-product-'));
  const urlOf = (name: string) => databaseUrl(serverUrl, name);
  const lines: Line[] = [];
  const stops: (() => Promise<unknown>)[] = [];
  try {
    for (const name of ['bench_list', 'bench_chain', 'bench_psql', 'bench_psql_one']) {
      await createDatabase(serverUrl, name);
    }
    const long = await writeFolder(path.join(home, 'long'), LONG_LIST, (n) => ({
      up: `SELECT ${n};`,
      down: `SELECT ${n}; -- nothing to undo`,
    }));
    const chain = await writeFolder(path.join(home, 'chain'), CHAIN, (n) => ({
      up: `CREATE TABLE s${n} (id serial PRIMARY KEY, a text, b int);--> statement-breakpoint\nCREATE INDEX s${n}_a ON s${n} (a);`,
      down: `DROP INDEX IF EXISTS s${n}_a;\nDROP TABLE IF EXISTS s${n};`,
    }));
    await applyFolder(urlOf('bench_list'), long.migrations);
    for (const name of ['bench_chain', 'bench_psql', 'bench_psql_one']) {
      await applyFolder(urlOf(name), chain.migrations);
    }

    const product = await startProduct(home, serverUrl, [
      { name: 'bench-list', folder: long },
      { name: 'bench-chain', folder: chain },
    ]);
    stops.push(product.stop);
    const { person } = product;

    const page = await timed(15, async () => (await person.get('/targets/bench-list')).text());
    lines.push([
      `page of a target with ${LONG_LIST.toLocaleString('en')} migrations, whole answer`,
      words(page),
      'aim: 150 ms',
      '',
    ]);
    const api = await timed(15, async () => (await person.get('/api/targets/bench-list')).text());
    lines.push([`the same as JSON`, words(api), '', '']);

    const run = await runChain(person, {
      target: 'bench-chain',
      url: urlOf('bench_chain'),
      psqlUrl: urlOf('bench_psql'),
      psqlOneUrl: urlOf('bench_psql_one'),
      scripts: chain.scripts,
      home,
    });
    const latency = summarise(run.latencies);
    lines.push([
      `COMMIT on the target to the event in ${LISTENERS} listening clients`,
      `median ${latency.median.toFixed(0)} ms, p95 ${latency.p95.toFixed(0)} ms, most ${latency.max.toFixed(0)} ms`,
      'aim: median 100 ms, p95 250 ms',
      '',
    ]);
    const { steps } = run;
    lines.push([
      `a step of a run (${steps} steps, everything on)`,
      `${(run.runMs / steps).toFixed(1)} ms`,
      `psql -1 -f, one process a step ${(run.psqlMs / steps).toFixed(1)} ms`,
      (run.runMs / run.psqlMs).toFixed(2),
    ]);
    lines.push([
      'the same',
      `${(run.runMs / steps).toFixed(1)} ms`,
      `psql, one process for all ${(run.psqlOneMs / steps).toFixed(1)} ms`,
      (run.runMs / run.psqlOneMs).toFixed(2),
    ]);
    lines.push([
      'a step without comparing the schema after it',
      `${(run.stepMs / steps).toFixed(1)} ms`,
      `psql, one process for all ${(run.psqlOneMs / steps).toFixed(1)} ms`,
      (run.stepMs / run.psqlOneMs).toFixed(2),
    ]);
    return lines;
  } finally {
    for (const stop of stops.reverse()) await stop();
    await rm(home, { recursive: true, force: true });
  }
}
