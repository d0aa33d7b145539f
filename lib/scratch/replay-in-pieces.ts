import type pg from 'pg';
import { type ParsedUp, parseUp, serverWide } from '@/lib/sql';
import { isConnectionFault, SQLSTATE, type TrackingTable } from '@/lib/target';
import type { ReplayFile } from './replay-folder';
import { beginAnew, type ReplaySettings } from './replay-session';
import { addTrackingRow } from './tracking-rows';
import { serverErrorOf, UnreplayableError, unreplayable } from './unreplayable';

interface PiecesInput extends ReplaySettings {
  files: readonly ReplayFile[];
  texts: readonly string[];
  tracking: TrackingTable;
  onProgress(done: number): void;
}

/**
 * Applies the migrations one by one, each in a transaction and a session of its own, as they came to a
 * database that was migrated release by release. One that does not run in a transaction is applied
 * statement by statement.
 * @returns the tags of those that were applied statement by statement
 * @throws UnreplayableError naming the migration and the line
 */
export async function replayInPieces(client: pg.Client, input: PiecesInput): Promise<string[]> {
  const split: string[] = [];
  for (const [index, file] of input.files.entries()) {
    const up = await parseUp(input.texts[index] ?? '');
    if (!(await inOneTransaction(client, input, file, up))) {
      await statementByStatement(client, input, file, up);
      split.push(file.tag);
    }
    input.onProgress(index + 1);
  }
  return split;
}

/** @returns false when it has to be applied in another way; then nothing of it is there */
async function inOneTransaction(
  client: pg.Client,
  input: PiecesInput,
  file: ReplayFile,
  up: ParsedUp,
): Promise<boolean> {
  if (up.ownTransaction || up.nonTransactional) return false;
  await beginAnew(client, input);
  await client.query('BEGIN');
  try {
    for (const { text } of up.chunks) await client.query(text);
    await addTrackingRow(client, input.tracking, file);
    await client.query('COMMIT');
    return true;
  } catch (error) {
    if (isConnectionFault(error)) throw error;
    await client.query('ROLLBACK');
    // What takes too long here takes as long in pieces.
    if (serverErrorOf(error)?.code === SQLSTATE.queryCanceled) throw unreplayable(file.path, error);
    return false;
  }
}

async function statementByStatement(
  client: pg.Client,
  input: PiecesInput,
  file: ReplayFile,
  up: ParsedUp,
): Promise<void> {
  const beyond = serverWide(up);
  if (beyond !== undefined) {
    throw new UnreplayableError(
      `${file.path}: ${beyond} reaches beyond the database, and others use the scratch server`,
    );
  }
  await beginAnew(client, input);
  for (const chunk of up.chunks) {
    for (const { text, line } of chunk.statements ?? [chunk]) {
      try {
        await client.query(text);
      } catch (error) {
        if (isConnectionFault(error)) throw error;
        throw unreplayable(file.path, error, line);
      }
    }
  }
  // A BEGIN without its COMMIT: drizzle's own COMMIT would have ended it.
  if (client.getTransactionStatus() !== 'I') await client.query('COMMIT');
  await addTrackingRow(client, input.tracking, file);
}
