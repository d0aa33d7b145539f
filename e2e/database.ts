import { spawn } from 'node:child_process';
import pg from 'pg';
import { findClientTool, startCluster } from '@/lib/embedded';

const HOME = process.env.BACKSTEP_E2E_HOME ?? '';

/** URL of a database on the demo's sample server. The server runs already, so this only adopts it. */
export async function sampleUrl(database: string): Promise<string> {
  return (await startCluster({ name: 'samples', home: HOME })).url(database);
}

export async function controlUrl(): Promise<string> {
  return (await startCluster({ name: 'control', home: HOME })).url();
}

export async function query<T extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** `pg_dump --schema-only` of the application's schema, without the lines that differ each time. */
export async function schemaDump(url: string): Promise<string> {
  const { path } = await findClientTool('pg_dump', { serverMajor: 15 });
  const { hostname, port, username, password, pathname } = new URL(url);
  const child = spawn(
    path,
    [
      '--schema-only',
      '--no-owner',
      '--no-privileges',
      '--exclude-schema=drizzle',
      '--exclude-schema=backstep_rescue',
    ],
    {
      env: {
        ...process.env,
        PGHOST: hostname,
        PGPORT: port,
        PGUSER: decodeURIComponent(username),
        PGPASSWORD: decodeURIComponent(password),
        PGDATABASE: decodeURIComponent(pathname.slice(1)),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`pg_dump ended with ${code}`);
  return Buffer.concat(chunks)
    .toString('utf8')
    .split('\n')
    .filter((line) => !/^\\(un)?restrict /.test(line))
    .join('\n');
}
