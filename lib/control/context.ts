import { randomUUID } from 'node:crypto';
import { type Actor, SYSTEM_ACTOR } from '@/lib/core/actor';
import type { Config } from '@/lib/core/policy';
import type { Control, ControlDb } from './database';

/** What every verb gets first. Nothing below the adapters reads cookies or the environment. */
export interface Ctx {
  actor: Actor;
  /** Ties the audit rows and log lines of one request together. */
  requestId: string;
  /** The control database, or the transaction that the caller has opened. */
  db: ControlDb;
  config: Config;
}

/** The context of the executor and of scripts: Backstep acting by itself. */
export function systemContext(control: Control, config: Config): Ctx {
  return { actor: SYSTEM_ACTOR, requestId: randomUUID(), db: control.db, config };
}

/** Runs `work` in one transaction: what a verb changes and its audit row stand or fall together. */
export function inTransaction<T>(ctx: Ctx, work: (tx: Ctx) => Promise<T>): Promise<T> {
  return ctx.db.transaction((db) => work({ ...ctx, db }));
}

/** The control database's clock: leases and expiries never trust a process's own. */
export async function databaseNow(ctx: Pick<Ctx, 'db'>): Promise<Date> {
  const result = await ctx.db.execute<{ now: string }>(
    'SELECT to_char(clock_timestamp() AT TIME ZONE \'UTC\', \'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\') AS now',
  );
  const row = result.rows[0];
  if (!row) throw new Error('the control database did not tell its time');
  return new Date(row.now);
}
