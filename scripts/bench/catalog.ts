import pg from 'pg';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import { findClientTool } from '@/lib/embedded';
import { type Sample, summarise, timed } from './measure';
import { client } from './psql';

const TABLES = 1_000;
const ROUNDS = 7;

export interface CatalogFigures {
  ours: Sample;
  dump: Sample;
  /** What a run does after each step: the snapshot and its fingerprint, after a change of one table. */
  check: Sample;
}

/**
 * A catalog snapshot of 1,000 tables with 4,000 indexes, of which each table has one behind its key,
 * beside `pg_dump --schema-only` of the same. The two take turns, so that both meet the same machine.
 */
export async function benchCatalog(url: string): Promise<CatalogFigures> {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  try {
    for (let n = 0; n < TABLES; n++) {
      const parent = n === 0 ? '' : `, parent int REFERENCES t${n - 1}`;
      await connection.query(`
        CREATE TABLE t${n} (id serial PRIMARY KEY, a text NOT NULL, b int DEFAULT 7, c timestamptz DEFAULT now()${parent});
        CREATE INDEX ON t${n} (a); CREATE INDEX ON t${n} (b); CREATE INDEX ON t${n} (c, b);`);
    }
    const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };
    const { path } = await findClientTool('pg_dump', { serverMajor: 15 });
    const [ours, dump]: [number[], number[]] = [[], []];
    for (let round = 0; round <= ROUNDS; round++) {
      const times = [
        await once(() => snapshotCatalog(connection, { tracking })),
        await once(() => client(path, url, ['--schema-only', '-f', '/dev/null'])),
      ] as const;
      // The first round warms both up.
      if (round === 0) continue;
      ours.push(times[0]);
      dump.push(times[1]);
    }
    let step = 0;
    const check = await timed(ROUNDS, async () => {
      step += 1;
      await connection.query(`ALTER TABLE t${step} ALTER b SET DEFAULT ${step}`);
      return fingerprint(await snapshotCatalog(connection, { tracking }));
    });
    return { ours: summarise(ours), dump: summarise(dump), check };
  } finally {
    await connection.end();
  }
}

async function once(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
