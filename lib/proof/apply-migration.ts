import type pg from 'pg';
import type { MigrationFile } from '@/lib/core/migration';
import type { ParsedUp, UpChunk } from '@/lib/sql';
import { toProofError, UpFault } from './proof-fault';

/** A migration with its text taken apart. */
export interface PreparedMigration {
  file: MigrationFile;
  up: ParsedUp;
}

/**
 * Sends the migration's chunks one after the other, each as one simple query, as drizzle does. The
 * transaction around them is the caller's.
 * @throws UpFault with the line in the file
 */
export async function sendChunks(client: pg.Client, { up }: PreparedMigration): Promise<void> {
  for (const chunk of up.chunks) await sendChunk(client, chunk);
}

async function sendChunk(client: pg.Client, chunk: UpChunk): Promise<void> {
  let completed = 0;
  const count = () => {
    completed += 1;
  };
  client.connection.on('commandComplete', count);
  try {
    await client.query(chunk.text);
  } catch (cause) {
    throw new UpFault(toProofError(cause, placeOf(chunk, completed, cause)), { cause });
  } finally {
    client.connection.off('commandComplete', count);
  }
}

/** The server tells a position for some errors only; else the count of finished statements leads there. */
function placeOf(chunk: UpChunk, completed: number, cause: unknown) {
  const positioned = typeof (cause as { position?: unknown }).position === 'string';
  const statement = positioned ? undefined : chunk.statements?.[completed];
  return { in: 'up' as const, line: statement?.line ?? chunk.line, text: chunk.text };
}

/**
 * Sends the migration statement by statement, each in a transaction of its own unless the migration
 * opens one.
 * @throws UpFault with the line in the file; what came before stays
 */
export async function sendStatements(client: pg.Client, { up }: PreparedMigration): Promise<void> {
  for (const chunk of up.chunks) {
    for (const { text, line } of chunk.statements ?? [chunk]) {
      try {
        await client.query(text);
      } catch (cause) {
        throw new UpFault(toProofError(cause, { in: 'up', line, text }), { cause });
      }
    }
  }
}
