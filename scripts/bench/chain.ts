import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { RollbackEvent } from '@/lib/core/events';
import { findClientTool, startTemporaryServer } from '@/lib/embedded';
import { queryAll, undoAll } from './bare-steps';
import { applyFolder, databaseUrl } from './databases';
import { type Folder, writeFolder } from './folders';
import { type Line, once, type Sample, summarise, words } from './measure';
import { RunBench } from './prepared-run';
import { connectionEnvironment } from './psql';
import { baseTables, smallMigration } from './small-migrations';

const exec = promisify(execFile);

const STEPS = 50;
const TABLES = 100;
const ROUNDS = 5;

/** Names of what takes the chain back, in the order of the first round. */
const WAYS = ['run', 'psqlEach', 'psqlOne', 'core', 'pg'] as const;
type Way = (typeof WAYS)[number];

/**
 * A chain of 50 small migrations over 100 tables, taken back by a whole run with everything on, by
 * psql with a process a step and with one for all, by the executor's core alone, and by a bare driver.
 * They take turns, each on a fresh copy of one migrated database.
 * @param serverUrl a durable server; the control database is on another one
 */
export async function benchChain(serverUrl: string): Promise<Line[]> {
  const home = await mkdtemp(path.join(tmpdir(), 'backstep-bench-chain-'));
  const control = await startTemporaryServer({
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
  });
  const admin = new pg.Client({ connectionString: serverUrl });
  try {
    await admin.connect();
    const folder = await writeChain(home);
    await admin.query('CREATE DATABASE chain_applied TEMPLATE template0');
    await applyFolder(databaseUrl(serverUrl, 'chain_applied'), folder.migrations);
    const bench = await RunBench.open(control.url, control.url);
    try {
      return lines(await rounds(admin, serverUrl, folder, bench, home));
    } finally {
      await bench.control.close();
    }
  } finally {
    await admin.end();
    await control.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** The first migration makes the base tables and has no script; the chain is what comes after it. */
const writeChain = (home: string): Promise<Folder> =>
  writeFolder(path.join(home, 'chain'), STEPS + 1, (n) =>
    n === 0 ? { up: baseTables(TABLES), down: '' } : smallMigration(n - 1, TABLES),
  );

interface Figures {
  times: Record<Way, number[]>;
  /** Of the runs: time of the checks before, of the steps alone, and of the comparisons after them. */
  preflight: number[];
  steps: number[];
  comparing: number[];
}

async function rounds(
  admin: pg.Client,
  serverUrl: string,
  folder: Folder,
  bench: RunBench,
  home: string,
): Promise<Figures> {
  const figures: Figures = {
    times: { run: [], psqlEach: [], psqlOne: [], core: [], pg: [] },
    preflight: [],
    steps: [],
    comparing: [],
  };
  const { path: psql } = await findClientTool('psql', { serverMajor: 15 });
  const scripts = await writePsql(folder, psql, home);
  for (let round = 0; round <= ROUNDS; round++) {
    const turned = WAYS.map((_, place) => WAYS[(place + round) % WAYS.length] ?? 'run');
    for (const way of turned) {
      const name = `chain_${way.toLowerCase()}_${round}`;
      await admin.query(`CREATE DATABASE ${name} TEMPLATE chain_applied`);
      const url = databaseUrl(serverUrl, name);
      await admin.query('CHECKPOINT');
      let events: RollbackEvent[] = [];
      const work = await prepareWay(way, { url, name, folder, bench, scripts, psql });
      const time = await once(async () => {
        events = await work();
      });
      await assertTakenBack(url);
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      // The first round warms all of them up.
      if (round === 0) continue;
      if (way === 'run') addRun(figures, events);
      else figures.times[way].push(time);
    }
  }
  return figures;
}

async function prepareWay(
  way: Way,
  given: {
    url: string;
    name: string;
    folder: Folder;
    bench: RunBench;
    scripts: { each: string; all: string };
    psql: string;
  },
): Promise<() => Promise<RollbackEvent[]>> {
  const { url, name, folder, bench, scripts, psql } = given;
  const env = connectionEnvironment(url);
  const quiet = (work: Promise<unknown>): Promise<RollbackEvent[]> => work.then(() => []);
  switch (way) {
    case 'run': {
      const prepared = await bench.prepare(name.replaceAll('_', '-'), url, folder);
      return () => bench.perform(prepared);
    }
    case 'psqlEach':
      return () => quiet(exec('sh', [scripts.each], { env }));
    case 'psqlOne':
      return () =>
        quiet(exec(psql, ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', scripts.all], { env }));
    case 'core': {
      const plan = await bench.plan(name.replaceAll('_', '-'), url, folder);
      return () => quiet(undoAll(url, plan));
    }
    case 'pg':
      return () => quiet(queryAll(url, folder));
  }
}

/** The operator's way, started from a shell; and all steps in one file, a transaction each. */
async function writePsql(folder: Folder, psql: string, home: string) {
  const remove = ({ hash, when }: { hash: string; when: number }) =>
    `DELETE FROM drizzle.__drizzle_migrations WHERE hash = '${hash}' AND created_at = ${when}`;
  const each = path.join(home, 'each.sh');
  await writeFile(
    each,
    folder.scripts
      .map(
        (script) =>
          `"${psql}" -X -q -v ON_ERROR_STOP=1 -1 -f "${script.file}" -c "${remove(script)}" || exit 1\n`,
      )
      .join(''),
  );
  const all = path.join(home, 'all.sql');
  const bodies = await Promise.all(
    folder.scripts.map(
      async (script) =>
        `BEGIN;\n${await readFile(script.file, 'utf8')};\n${remove(script)};\nCOMMIT;\n`,
    ),
  );
  await writeFile(all, bodies.join(''));
  return { each, all };
}

/** Whichever way it went: one row and the base tables are left. */
async function assertTakenBack(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ rows: number; tables: number; columns: number }>(`
    SELECT (SELECT count(*)::int FROM drizzle.__drizzle_migrations) AS rows,
      (SELECT count(*)::int FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')) AS tables,
      (SELECT count(*)::int FROM information_schema.columns WHERE table_schema = 'public') AS columns`);
  await client.end();
  const [left] = rows;
  if (left?.rows !== 1 || left.tables !== TABLES || left.columns !== TABLES * 6) {
    throw new Error(`the chain was not taken back: ${JSON.stringify(left)}`);
  }
}

/** From the first event of one kind to the first of another, by the control database's clock. */
export function timeBetween(
  events: readonly RollbackEvent[],
  from: RollbackEvent['kind'],
  to: RollbackEvent['kind'],
): number {
  const at = (kind: string) => Date.parse(events.find((event) => event.kind === kind)?.at ?? '');
  return at(to) - at(from);
}

function addRun(figures: Figures, events: readonly RollbackEvent[]): void {
  figures.times.run.push(timeBetween(events, 'run.started', 'run.finished'));
  figures.preflight.push(timeBetween(events, 'run.started', 'step.started'));
  let steps = 0;
  let comparing = 0;
  for (const event of events) {
    if (event.kind === 'step.committed') steps += event.payload.durationMs;
    if (event.kind === 'step.verified') comparing += event.payload.durationMs;
  }
  figures.steps.push(steps);
  figures.comparing.push(comparing);
}

function lines({ times, preflight, steps, comparing }: Figures): Line[] {
  const of = (way: Way): Sample => summarise(times[way]);
  const beside = (what: string, way: Way) => `${what} ${words(of(way))}`;
  // Of the two in each round: what else the machine does then concerns both.
  const ratio = (a: Way, b: Way) =>
    summarise(times[a].map((time, round) => time / (times[b][round] ?? 0))).median.toFixed(2);
  const each = (sample: Sample) => `${(sample.median / STEPS).toFixed(1)} ms a step`;
  const run = of('run');
  const core = of('core');
  const whole = `${words(run)}, ${each(run)}`;
  return [
    [
      `a whole run of ${STEPS} small steps over ${TABLES} tables, everything on`,
      whole,
      `${beside('psql -1 -f, one process a step,', 'psqlEach')}, ${each(of('psqlEach'))}`,
      ratio('run', 'psqlEach'),
    ],
    ['the same', whole, beside('psql, one process for all,', 'psqlOne'), ratio('run', 'psqlOne')],
    [
      'of which: checks before · steps · comparing the schema after each',
      [preflight, steps, comparing]
        .map((all) => `${summarise(all).median.toFixed(0)} ms`)
        .join(' · '),
      '',
      '',
    ],
    [
      'the same steps by the executor’s core, nothing recorded and compared',
      `${words(core)}, ${each(core)}`,
      beside('pg, BEGIN to COMMIT on one connection,', 'pg'),
      ratio('core', 'pg'),
    ],
    [
      'the same',
      `${words(core)}, ${each(core)}`,
      beside('psql, one process for all,', 'psqlOne'),
      ratio('core', 'psqlOne'),
    ],
  ];
}
