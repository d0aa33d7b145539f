import type pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { parseUp } from '@/lib/sql';
import { toProofError } from './proof-fault';
import { resetSession } from './session';

/**
 * Runs what a history expects of its server: each statement on its own, as psql would.
 * @throws BackstepError `rehearsal_failed` with the line
 */
export async function runBootstrap(client: pg.Client, sql: string): Promise<void> {
  const { chunks } = await parseUp(sql);
  for (const chunk of chunks) {
    for (const { text, line } of chunk.statements ?? [chunk]) {
      try {
        await client.query(text);
      } catch (cause) {
        const error = toProofError(cause, { in: 'up', line, text });
        throw new BackstepError(
          'rehearsal_failed',
          `The bootstrap script fails on line ${error.line ?? line}: ${error.message}${error.sqlstate ? ` (SQLSTATE ${error.sqlstate})` : ''}. Correct it, then try again. Roles belong to the whole server: create them only where they are not there yet.`,
          { cause, details: { line: error.line, sqlstate: error.sqlstate } },
        );
      }
    }
  }
  await resetSession(client);
}
