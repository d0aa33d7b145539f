import type pg from 'pg';
import { isConnectionFault, SQLSTATE, sqlstateOf } from '@/lib/target';

/** One question may take this long; then the next table is of more use than this one. */
const QUESTION_LIMIT_MS = 4_000;
/** Whoever waits for a lock is in the way of those behind. A look that can't be had at once is not had. */
const LOCK_TIMEOUT_MS = 150;
/** With less than this left, a question would only be sent in order to be cancelled. */
const LEAST_MS = 20;

export type Refusal =
  /** The look's time, or this question's, has run out. */
  | { why: 'time' }
  /** Somebody holds the table. */
  | { why: 'locked' }
  | { why: 'denied' }
  | { why: 'error'; sqlstate: string };

export type Answer<Row> = { ok: true; rows: Row[] } | ({ ok: false } & Refusal);

/**
 * Asks the live database, one question a transaction: locks and snapshot last as long as the question.
 * Every transaction is READ ONLY, with limits of its own that no pooler can lose.
 */
export class LiveSession {
  constructor(
    private readonly client: pg.Client,
    private readonly deadline: number,
  ) {}

  /** Milliseconds until the look has to be over. */
  left(): number {
    return this.deadline - performance.now();
  }

  isOver(): boolean {
    return this.left() < LEAST_MS;
  }

  /**
   * Runs a query whose text was made here, from names of the catalog.
   * @throws Error when the connection is gone
   */
  ask<Row>(sql: string): Promise<Answer<Row>> {
    return this.guarded(async (begin) => {
      const results = await this.client.query(`${begin};\n${sql};\nCOMMIT`);
      // Several commands in one message are answered with a list; the COMMIT is the last of them.
      const list: pg.QueryResult[] = Array.isArray(results) ? results : [results];
      return (list.at(-2)?.rows ?? []) as Row[];
    });
  }

  /**
   * Runs a query that holds an expression of the script, with the names looked up as the run does. The
   * extended protocol takes one command only, whatever the expression says.
   * @throws Error when the connection is gone
   */
  askScript<Row extends pg.QueryResultRow>(
    sql: string,
    searchPath: readonly string[],
    quote: (name: string) => string,
  ): Promise<Answer<Row>> {
    return this.guarded(async (begin) => {
      const path = searchPath.map(quote).join(', ');
      await this.client.query(`${begin}; SET LOCAL search_path = ${path || 'pg_catalog'}`);
      const query: pg.QueryConfig & { queryMode: 'extended' } = {
        text: sql,
        queryMode: 'extended',
      };
      const { rows } = await this.client.query<Row>(query);
      await this.client.query('COMMIT');
      return rows;
    });
  }

  private async guarded<Row>(work: (begin: string) => Promise<Row[]>): Promise<Answer<Row>> {
    if (this.isOver()) return { ok: false, why: 'time' };
    const limit = Math.ceil(Math.min(QUESTION_LIMIT_MS, this.left()));
    const begin = [
      'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
      `SET LOCAL statement_timeout = ${limit}`,
      `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`,
      // A count of the rows that policies let through would be a wrong count: better refused.
      'SET LOCAL row_security = off',
      // The application's own queries need the other cores more.
      'SET LOCAL max_parallel_workers_per_gather = 0',
      'SET LOCAL jit = off',
      // The script was read so: with another meaning of backslashes it would be another expression.
      'SET LOCAL standard_conforming_strings = on',
    ].join('; ');
    try {
      return { ok: true, rows: await work(begin) };
    } catch (error) {
      const sqlstate = sqlstateOf(error);
      if (sqlstate === undefined || isConnectionFault(error)) throw error;
      await this.client.query('ROLLBACK');
      return { ok: false, ...refusalOf(sqlstate) };
    }
  }
}

function refusalOf(sqlstate: string): Refusal {
  switch (sqlstate) {
    case SQLSTATE.queryCanceled:
      return { why: 'time' };
    case SQLSTATE.lockNotAvailable:
    case SQLSTATE.deadlockDetected:
      return { why: 'locked' };
    case SQLSTATE.insufficientPrivilege:
      return { why: 'denied' };
    default:
      return { why: 'error', sqlstate };
  }
}
