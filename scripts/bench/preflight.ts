import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { findClientTool, startTemporaryServer } from '@/lib/embedded';
import { timeBetween } from './chain';
import { applyFolder, databaseUrl } from './databases';
import { writeFolder } from './folders';
import { type Line, once, summarise, words } from './measure';
import { RunBench } from './prepared-run';
import { client } from './psql';
import { baseTables, smallMigration } from './small-migrations';

const TABLES = 300;
const ROUNDS = 5;

/** The checks before a run on 300 tables, from its start to its first step, beside pg_dump of the same. */
export async function benchPreflight(serverUrl: string): Promise<Line[]> {
  const home = await mkdtemp(path.join(tmpdir(), 'backstep-bench-preflight-'));
  const control = await startTemporaryServer();
  const admin = new pg.Client({ connectionString: serverUrl });
  try {
    await admin.connect();
    const folder = await writeFolder(home, 2, (n) =>
      n === 0 ? { up: baseTables(TABLES), down: '' } : smallMigration(n, TABLES),
    );
    await admin.query('CREATE DATABASE preflight_applied TEMPLATE template0');
    await applyFolder(databaseUrl(serverUrl, 'preflight_applied'), folder.migrations);
    const { path: dump } = await findClientTool('pg_dump', { serverMajor: 15 });
    const bench = await RunBench.open(control.url, control.url);
    const [checks, dumps]: [number[], number[]] = [[], []];
    for (let round = 0; round <= ROUNDS; round++) {
      const name = `preflight_${round}`;
      await admin.query(`CREATE DATABASE ${name} TEMPLATE preflight_applied`);
      const url = databaseUrl(serverUrl, name);
      const prepared = await bench.prepare(name.replace('_', '-'), url, folder);
      const dumped = await once(() => client(dump, url, ['--schema-only', '-f', '/dev/null']));
      const events = await bench.perform(prepared);
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      // The first round warms both up.
      if (round === 0) continue;
      checks.push(timeBetween(events, 'run.started', 'step.started'));
      dumps.push(dumped);
    }
    await bench.control.close();
    const [ours, beside] = [summarise(checks), summarise(dumps)];
    return [
      [
        `the checks before a run on ${TABLES} tables`,
        `${words(ours)}, aim 500 ms`,
        `pg_dump --schema-only ${words(beside)}`,
        (ours.median / beside.median).toFixed(2),
      ],
    ];
  } finally {
    await admin.end();
    await control.stop();
    await rm(home, { recursive: true, force: true });
  }
}
