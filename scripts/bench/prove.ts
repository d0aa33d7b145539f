import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { prove } from '@/lib/cli/prove';
import { startTemporaryServer } from '@/lib/embedded';
import { readHistory } from '@/lib/folders';
import { writeFolder } from './folders';
import { stepOf } from './long-history';
import { type Line, once, type Sample, summarise, words } from './measure';

const MIGRATIONS = 50;
const ROUNDS = 3;
const TRACKING = { schema: 'drizzle', table: '__drizzle_migrations' };

interface ProveFigures {
  proofs: Sample;
  /** The whole command, with an embedded server that is started and removed. */
  command: Sample;
  /** The migrations alone, each in a transaction, as a bare driver sends them. */
  replay: Sample;
  /** Up, down and up again of each, without looking at anything. */
  trips: Sample;
  scripts: number;
}

/**
 * `backstep prove` over a history with a script for each migration, beside what a bare driver needs for
 * the same statements. They take turns on one server without durability, as the embedded one has none.
 */
export async function benchProve(): Promise<Line[]> {
  const { proofs, command, replay, trips, scripts } = await measure();
  const each = (sample: Sample) => `${(sample.median / MIGRATIONS).toFixed(0)} ms each`;
  const beside = (what: string, sample: Sample) => `${what} ${words(sample)}, ${each(sample)}`;
  return [
    [
      `proving ${scripts} scripts of ${MIGRATIONS} migrations`,
      `${words(proofs)}, ${each(proofs)}`,
      beside('pg, the same migrations', replay),
      (proofs.median / replay.median).toFixed(1),
    ],
    [
      'the same',
      `${words(proofs)}, ${each(proofs)}`,
      beside('pg, up, down and up of each', trips),
      (proofs.median / trips.median).toFixed(1),
    ],
    ['the same with a server of its own, from start to end', words(command), 'aim: 10 s', ''],
  ];
}

async function measure(): Promise<ProveFigures> {
  const home = await mkdtemp(path.join(tmpdir(), 'backstep-bench-prove-'));
  const server = await startTemporaryServer();
  try {
    const folder = await writeFolder(home, MIGRATIONS, stepOf, { first: true });
    const steps = await stepsOf(folder);
    const [proofs, command, replay, trips]: number[][] = [[], [], [], []];
    for (let round = 0; round <= ROUNDS; round++) {
      const times = [
        await once(() => proveAll(folder, server.url, steps.length)),
        await once(() => proveAll(folder, undefined, steps.length)),
        await once(() => onDatabase(server.url, (client) => send(client, steps, ['up']))),
        await once(() =>
          onDatabase(server.url, (client) => send(client, steps, ['up', 'down', 'up'])),
        ),
      ] as const;
      // The first round warms all of them up.
      if (round === 0) continue;
      proofs?.push(times[0]);
      command?.push(times[1]);
      replay?.push(times[2]);
      trips?.push(times[3]);
    }
    return {
      proofs: summarise(proofs ?? []),
      command: summarise(command ?? []),
      replay: summarise(replay ?? []),
      trips: summarise(trips ?? []),
      scripts: steps.length,
    };
  } finally {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  }
}

interface Folders {
  migrations: string;
  rollbacks: string;
}

interface Sent {
  up: string;
  down: string;
}

async function stepsOf(folders: Folders): Promise<Sent[]> {
  const history = await readHistory({ ...folders, tracking: TRACKING });
  return Promise.all(
    history.files.map(async ({ tag, sql }) => {
      const name = history.scripts.get(tag)?.rollback?.name;
      if (name === undefined) throw new Error(`${tag} has no script`);
      return { up: sql, down: await readFile(path.join(folders.rollbacks, name), 'utf8') };
    }),
  );
}

async function proveAll(folders: Folders, server: string | undefined, scripts: number) {
  const { summary } = await prove(
    {
      command: 'prove',
      ...folders,
      pattern: undefined,
      tracking: TRACKING,
      from: undefined,
      json: true,
      bootstrap: undefined,
      only: undefined,
      server,
      allow: [],
    },
    { signal: new AbortController().signal, onProgress: () => undefined },
  );
  if (summary.grades.exact !== scripts) {
    throw new Error(`not all are exact: ${JSON.stringify(summary)}`);
  }
}

async function onDatabase(
  server: string,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  await admin.query('DROP DATABASE IF EXISTS bench_replay');
  await admin.query('CREATE DATABASE bench_replay TEMPLATE template0');
  const url = new URL(server);
  url.pathname = '/bench_replay';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await work(client);
  await client.end();
  await admin.end();
}

async function send(client: pg.Client, steps: readonly Sent[], ways: ('up' | 'down')[]) {
  for (const step of steps) {
    for (const way of ways) {
      await client.query('BEGIN');
      for (const text of step[way].split('--> statement-breakpoint')) await client.query(text);
      await client.query('COMMIT');
    }
  }
}
