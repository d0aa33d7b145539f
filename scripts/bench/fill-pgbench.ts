import { existsSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { client } from './psql';

/** Of one unit of pgbench's scale: 100,000 accounts. */
const SCALE_MB = 15;
const ACCOUNTS = 100_000;

/**
 * Fills a database with pgbench's tables: by pgbench, where it stands beside pg_dump, else by the same
 * rows in SQL.
 */
export async function fillAsPgbench(url: string, pgDump: string, megabytes: number): Promise<void> {
  const scale = Math.max(1, Math.round(megabytes / SCALE_MB));
  const pgbench = path.join(path.dirname(pgDump), 'pgbench');
  if (existsSync(pgbench)) {
    await client(pgbench, url, ['-i', '-q', '-s', String(scale), '--foreign-keys']);
    return;
  }
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  try {
    await connection.query(`
      CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88)) WITH (fillfactor = 100);
      CREATE TABLE pgbench_tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84)) WITH (fillfactor = 100);
      CREATE TABLE pgbench_accounts (aid int, bid int, abalance int, filler char(84)) WITH (fillfactor = 100);
      CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
      INSERT INTO pgbench_branches SELECT n, 0, '' FROM generate_series(1, ${scale}) n;
      INSERT INTO pgbench_tellers SELECT n, (n - 1) / 10 + 1, 0, '' FROM generate_series(1, ${scale * 10}) n;
      INSERT INTO pgbench_accounts SELECT n, (n - 1) / ${ACCOUNTS} + 1, 0, '' FROM generate_series(1, ${scale * ACCOUNTS}) n;
      ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid);
      ALTER TABLE pgbench_tellers ADD FOREIGN KEY (bid) REFERENCES pgbench_branches;
      ALTER TABLE pgbench_accounts ADD FOREIGN KEY (bid) REFERENCES pgbench_branches;`);
  } finally {
    await connection.end();
  }
}
