import path from 'node:path';
import pg from 'pg';
import { applyMigrations } from '@/examples/agentim/apply';
import { seedAgentim } from '@/examples/agentim/seed';
import { seedWorkshop } from '@/examples/workshop/seed';
import type { Cluster } from '@/lib/embedded';
import { BACKED_UP_HEAD, YESTERDAY } from './yesterday';

interface Sample {
  database: string;
  /** Below examples/. */
  folder: string;
  /** Number of its newest applied migration; all of them where it is left out. */
  head?: number;
  fill(client: pg.Client): Promise<unknown>;
  /** Left on the database as its comment. */
  mark?: string;
}

/**
 * Production is left as it was yesterday, at the head of its backup: `liveThroughTheDay` takes that backup
 * and brings it to 0035; 0036 to 0041 are there as files. Staging has everything. The workshop is small,
 * and its rollback scripts are of every doubtful kind.
 */
const SAMPLES: readonly Sample[] = [
  {
    database: 'agentim_production',
    folder: 'agentim',
    head: BACKED_UP_HEAD,
    fill: seedAgentim,
    mark: YESTERDAY,
  },
  { database: 'agentim_staging', folder: 'agentim', fill: seedAgentim },
  { database: 'workshop_development', folder: 'workshop', fill: seedWorkshop },
];

/** Creates and fills the sample databases that are missing. @returns their URLs */
export async function prepareSamples(
  cluster: Cluster,
  root: string,
): Promise<{ production: string; staging: string; workshop: string }> {
  const admin = new pg.Client({ connectionString: cluster.url() });
  await admin.connect();
  try {
    for (const sample of SAMPLES) await prepareSample(admin, cluster, sample, root);
  } finally {
    await admin.end();
  }
  return {
    production: cluster.url('agentim_production'),
    staging: cluster.url('agentim_staging'),
    workshop: cluster.url('workshop_development'),
  };
}

async function prepareSample(
  admin: pg.Client,
  cluster: Cluster,
  sample: Sample,
  root: string,
): Promise<void> {
  const found = await admin.query('SELECT FROM pg_catalog.pg_database WHERE datname = $1', [
    sample.database,
  ]);
  if (found.rowCount) return;
  // Filled under another name and renamed at the end: a start that was interrupted begins anew.
  const building = `${sample.database}_building`;
  await admin.query(`DROP DATABASE IF EXISTS ${building} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${building} TEMPLATE template0 ENCODING 'UTF8'`);
  if (sample.mark)
    await admin.query(`COMMENT ON DATABASE ${building} IS ${pg.escapeLiteral(sample.mark)}`);
  const url = cluster.url(building);
  await applyMigrations(url, {
    folder: path.join(root, 'examples', sample.folder, 'drizzle'),
    ...(sample.head ? { to: sample.head } : {}),
  });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await sample.fill(client);
    await client.query('ANALYZE');
  } finally {
    await client.end();
  }
  await admin.query(`ALTER DATABASE ${building} RENAME TO ${sample.database}`);
}
