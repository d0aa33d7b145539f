import pg from 'pg';
import type { Statement } from '@/lib/core/statement';
import { DownFault, toProofError } from './proof-fault';

/**
 * Runs statements as a step of a run does: each alone, by the extended protocol, which takes exactly one
 * command, in the transaction that is open.
 * @throws DownFault with the line in the file
 */
export async function runStatements(
  client: pg.Client,
  statements: readonly Statement[],
): Promise<void> {
  const open = client.getTransactionStatus();
  for (const { text, line } of statements) {
    try {
      await runStatement(client, text);
      if (client.getTransactionStatus() !== open) {
        throw new Error('The statement ended the transaction that it ran in.');
      }
    } catch (cause) {
      throw new DownFault(toProofError(cause, { in: 'down', line, text }), { cause });
    }
  }
}

/** What it returns is dropped row by row: a SELECT over a large table must not fill the memory. */
function runStatement(client: pg.Client, text: string): Promise<void> {
  const config: pg.QueryConfig & { queryMode: 'extended' } = { text, queryMode: 'extended' };
  const query = new pg.Query(config);
  return new Promise((resolve, reject) => {
    query.on('row', () => undefined);
    query.on('end', () => resolve());
    query.on('error', reject);
    client.query(query);
  });
}

/** A stretch of a script that runs in one transaction, or one statement that can't run in any. */
export interface ScriptPart {
  transactional: boolean;
  statements: Statement[];
}

export function partsOf(statements: readonly Statement[]): ScriptPart[] {
  const parts: ScriptPart[] = [];
  for (const statement of statements) {
    const last = parts.at(-1);
    if (statement.transactional && last?.transactional) last.statements.push(statement);
    else parts.push({ transactional: statement.transactional, statements: [statement] });
  }
  return parts;
}

/**
 * Runs a script in transactions of its own: one, unless statements among it can't run in any.
 * @throws DownFault; the transaction that failed is rolled back
 */
export async function runCommitted(
  client: pg.Client,
  statements: readonly Statement[],
): Promise<void> {
  for (const part of partsOf(statements)) {
    if (!part.transactional) {
      await runStatements(client, part.statements);
      continue;
    }
    await client.query('BEGIN');
    try {
      await runStatements(client, part.statements);
      await commit(client, part.statements);
    } catch (error) {
      // The first failure is the one to tell; a broken connection can't be rolled back either.
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }
}

async function commit(client: pg.Client, statements: readonly Statement[]): Promise<void> {
  try {
    await client.query('COMMIT');
  } catch (cause) {
    const last = statements.at(-1);
    const place = { in: 'down' as const, line: last?.line ?? null, text: '' };
    throw new DownFault(toProofError(cause, place), { cause });
  }
}
