import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Plan } from '@/lib/core/plan';
import { prepareSession, rowsAfter, undoStep } from '@/lib/undo';
import type { Folder } from './folders';

/** The executor's core on one connection: locks, checks of rows and settings, nothing recorded. */
export async function undoAll(url: string, plan: Plan): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await prepareSession(client);
    const known = {};
    for (const step of plan.steps) {
      await undoStep(client, {
        step,
        tracking: plan.tracking,
        expectedRows: rowsAfter(plan.rows, plan.steps, step.position),
        settings: {
          lockTimeoutMs: 3_000,
          statementTimeoutMs: 300_000,
          searchPath: 'public',
          known,
        },
        fence: null,
      });
    }
  } finally {
    await client.end();
  }
}

/** The same scripts by the driver: each with the DELETE of its row, in one transaction. */
export async function queryAll(url: string, folder: Folder): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const { file, hash, when } of folder.scripts) {
      await client.query('BEGIN');
      await client.query(await readFile(file, 'utf8'));
      await client.query(
        'DELETE FROM drizzle.__drizzle_migrations WHERE hash = $1 AND created_at = $2',
        [hash, when],
      );
      await client.query('COMMIT');
    }
  } finally {
    await client.end();
  }
}
