import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { hashPassword } from '@/lib/auth';
import { readEnvironment } from '@/lib/config';
import { type Control, tables } from '@/lib/control';
import type { Role } from '@/lib/core/actor';
import { serve } from '@/lib/serve/serve';
import { writeFolder } from './folders';
import { type Line, summarise, timed, words } from './measure';
import { runChain } from './run-chain';
import { Session } from './session';

const PASSWORD = 'bench-password-1';
const LONG_LIST = 1_000;
const CHAIN = 51;

/**
 * The whole product: the page of a long list, and a chain that is taken back, beside psql with the same
 * scripts.
 * @param serverUrl a durable server, with commit timestamps
 */
export async function benchProduct(serverUrl: string): Promise<Line[]> {
  const home = await mkdtemp(path.join(tmpdir(), 'backstep-bench-product-'));
  const urlOf = (name: string) => serverUrl.replace(/\/postgres(\?|$)/, `/${name}$1`);
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
    await apply(urlOf('bench_list'), long.migrations);
    for (const name of ['bench_chain', 'bench_psql', 'bench_psql_one']) {
      await apply(urlOf(name), chain.migrations);
    }

    const config = path.join(home, 'backstep.config.yaml');
    await writeFile(
      config,
      ['bench_list', 'bench_chain']
        .map((name) => {
          const folder = name === 'bench_list' ? long : chain;
          return `  - name: ${name.replace('_', '-')}\n    environment: staging\n    url: \${BENCH_URL}/${name}\n    migrations: ${folder.migrations}\n    rollbacks: ${folder.rollbacks}\n    policy: { approvals: 0 }\n`;
        })
        .reduce((text, target) => text + target, 'targets:\n'),
    );
    const port = 4_700 + (process.pid % 200);
    const env = {
      ...process.env,
      PORT: String(port),
      BACKSTEP_HOME: path.join(home, 'state'),
      BACKSTEP_CONFIG: config,
      BENCH_URL: serverUrl.replace(/\/postgres(\?.*)?$/, ''),
      LOG_LEVEL: 'error',
    };
    const served = await serve({
      root: process.cwd(),
      environment: readEnvironment(env, process.cwd()),
      env,
      prepare: (control) => addPerson(control, 'admin'),
      onFault: (message) => {
        throw new Error(message);
      },
    });
    stops.push(served.stop);
    const person = new Session(served.url);
    await person.signIn('admin@example.com', PASSWORD);

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
      'COMMIT on the target to the event in a listening client',
      `median ${latency.median.toFixed(0)} ms, p95 ${latency.p95.toFixed(0)} ms`,
      'aim: median 200 ms',
      '',
    ]);
    const steps = run.latencies.length;
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

async function createDatabase(serverUrl: string, name: string): Promise<void> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  await admin.end();
}

async function apply(url: string, migrationsFolder: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await migrate(drizzle(client), { migrationsFolder });
  await client.end();
}

async function addPerson(control: Control, role: Role): Promise<void> {
  await control.db.insert(tables.users).values({
    email: `${role}@example.com`,
    name: 'Bench',
    role,
    passwordHash: await hashPassword(PASSWORD),
  });
}
