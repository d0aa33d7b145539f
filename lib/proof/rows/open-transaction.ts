import type pg from 'pg';

/**
 * Runs `work` inside a transaction: the one that is open on the client, or one of its own that is
 * committed afterwards and rolled back when the work fails.
 */
export async function inTransaction<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  // 'T' is a transaction in order, 'E' a failed one: neither is ours to begin or end.
  if (['T', 'E'].includes(client.getTransactionStatus() ?? '')) return work();
  await client.query('BEGIN');
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // The first failure is the one to tell.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

const SAVEPOINT = 'backstep_rows';

/**
 * Runs one message of statements behind a savepoint, in one round trip when it goes well. When it
 * fails, the transaction is as it was before, and the failure is the caller's.
 * @returns the results of the statements, the savepoint's own left out
 * @throws pg.DatabaseError
 */
export async function queryBehindSavepoint(
  client: pg.ClientBase,
  sql: string,
): Promise<pg.QueryResult[]> {
  try {
    const message = `SAVEPOINT ${SAVEPOINT};\n${sql};\nRELEASE SAVEPOINT ${SAVEPOINT}`;
    const answer: pg.QueryResult | pg.QueryResult[] = await client.query(message);
    return Array.isArray(answer) ? answer.slice(1, -1) : [answer];
  } catch (error) {
    await client.query(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}; RELEASE SAVEPOINT ${SAVEPOINT}`);
    throw error;
  }
}

/** As `queryBehindSavepoint`, but what the statements change, settings included, is taken back. */
export async function queryAndTakeBack(
  client: pg.ClientBase,
  sql: string,
): Promise<pg.QueryResult[]> {
  const end = `ROLLBACK TO SAVEPOINT ${SAVEPOINT}; RELEASE SAVEPOINT ${SAVEPOINT}`;
  try {
    const answer: pg.QueryResult | pg.QueryResult[] = await client.query(
      `SAVEPOINT ${SAVEPOINT};\n${sql};\n${end}`,
    );
    return Array.isArray(answer) ? answer.slice(1, -2) : [answer];
  } catch (error) {
    await client.query(end);
    throw error;
  }
}
