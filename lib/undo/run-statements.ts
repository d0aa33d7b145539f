import pg from 'pg';
import type { Part } from '@/lib/core/parts';
import type { Statement } from '@/lib/core/statement';
import { refusal } from './errors';
import { holdTimeoutsSql, mentionsTimeout } from './session';
import type { UndoInput, UndoneStatement } from './undo-input';

/** Where a step is, for whoever has to say where it failed. */
export interface Place {
  statement?: number;
}

/** The statements of a part, in their order. */
export function statementsOf(input: Pick<UndoInput, 'step'>, part: Part): Statement[] {
  const { statements } = input.step;
  return part.statements.flatMap((index) => statements[index] ?? []);
}

/**
 * Runs statements inside the transaction that is open, each on its own.
 * @throws what the server says, or when a statement has ended the transaction
 */
export async function runStatements(
  client: pg.Client,
  statements: readonly Statement[],
  { settings, hooks }: Pick<UndoInput, 'settings' | 'hooks'>,
  place: Place,
): Promise<UndoneStatement[]> {
  const done: UndoneStatement[] = [];
  for (const statement of statements) {
    place.statement = statement.index;
    await hooks?.beforeStatement?.(client, statement);
    hooks?.statementStarted?.(statement.index);
    const started = performance.now();
    const rows = await runStatement(client, statement.text);
    const durationMs = performance.now() - started;
    if (client.getTransactionStatus() !== 'T') {
      throw refusal('The statement ended the transaction of the step.');
    }
    if (mentionsTimeout(statement.text)) {
      await client.query(holdTimeoutsSql(settings, 'transaction'));
    }
    hooks?.statementFinished?.(statement.index, durationMs, rows);
    await hooks?.afterStatement?.(client, statement);
    done.push({ index: statement.index, durationMs, rows });
  }
  place.statement = undefined;
  return done;
}

/**
 * Runs one statement and drops what it returns, row by row: a SELECT over a large table must not fill
 * the memory of the process that holds the transaction.
 * @returns the count of the command tag
 */
export function runStatement(client: pg.Client, text: string): Promise<number | null> {
  // The extended protocol takes exactly one command: a second one hidden in the text is an error.
  const config: pg.QueryConfig & { queryMode: 'extended' } = { text, queryMode: 'extended' };
  const query = new pg.Query(config);
  return new Promise((resolve, reject) => {
    query.on('row', () => undefined);
    query.on('end', (result) => resolve(result.rowCount));
    query.on('error', reject);
    client.query(query);
  });
}

/**
 * What earlier parts of the script have SET is set again: each part begins with a session of its own,
 * so that a step that goes on after a crash reads its names as the first time.
 */
export async function replaySettings(
  client: pg.Client,
  { step, settings }: Pick<UndoInput, 'step' | 'settings'>,
  part: Part,
): Promise<void> {
  const [first] = part.statements;
  if (part.index === 0) return;
  const earlier = step.statements.filter(
    ({ index, kind, text }) =>
      index < (first ?? step.statements.length) &&
      kind === 'VariableSetStmt' &&
      !/\bset\s+local\b/i.test(text),
  );
  for (const { text } of earlier) await runStatement(client, text);
  if (earlier.some(({ text }) => mentionsTimeout(text))) {
    const reach = client.getTransactionStatus() === 'T' ? 'transaction' : 'session';
    await client.query(holdTimeoutsSql(settings, reach));
  }
}
