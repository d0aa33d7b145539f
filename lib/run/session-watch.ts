import { Socket } from 'node:net';
import type pg from 'pg';
import { closeTarget, sqlstateOf } from '@/lib/target';

/** How patient the watch is. From silence to the cut: one pause, one answer, one connection. */
export interface WatchTimes {
  /** Between two looks. */
  everyMs: number;
  /** For one answer on the second connection. */
  answerMs: number;
  /** For a new second connection. */
  connectMs: number;
}

export const WATCH_TIMES: WatchTimes = { everyMs: 3_000, answerMs: 4_000, connectMs: 5_000 };

/** Looks that must agree before an answer counts as lost while the second connection works. */
const STRIKES = { gone: 2, idle: 3 } as const;
/** After a pause of this process, what has arrived meanwhile is read before anything is judged. */
const CATCH_UP_MS = 250;

/** When a session began: with its pid it names the session, for pids are used again. */
export const BACKEND_START_SQL = `pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const STATE_SQL = `
  SELECT coalesce(a.state, '') AS state FROM pg_catalog.pg_stat_activity a
  WHERE a.pid = $1 AND ${BACKEND_START_SQL} = $2`;

const CANCEL_SQL = `
  SELECT pg_catalog.pg_cancel_backend(a.pid) FROM pg_catalog.pg_stat_activity a
  WHERE a.pid = $1 AND ${BACKEND_START_SQL} = $2`;

type Backend = 'busy' | 'idle' | 'gone';
/** What the run's socket has done so far; two equal marks mean silence between them. */
interface Mark {
  waiting: boolean;
  unsent: boolean;
  traffic: string;
}

/**
 * The second connection of a run. It looks at the run's session every few seconds, delivers a cancel,
 * and is opened again when it dies. A target that goes silent without closing would otherwise be
 * noticed only when TCP gives up, after many minutes.
 *
 * The run's socket is cut only on evidence: the second connection is dead, too, and no new one can be
 * made; or the server says, several times, that our session is gone or idle while we still wait for
 * its answer. A statement that merely takes long is busy, and is never cut.
 */
export class SessionWatch {
  private queue: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  private ended = false;
  private dead = false;
  private cancelling = false;
  private strikes = 0;
  private last: Mark;
  /** Since when the second connection has not answered, and what the run's had done by then. */
  private trouble: { since: number; mark: Mark } | undefined;

  constructor(
    private readonly session: { client: pg.Client; pid: number; backendStart: string },
    private watch: pg.Client,
    private readonly open: (connectMs: number) => Promise<pg.Client>,
    private readonly times: WatchTimes = WATCH_TIMES,
  ) {
    this.last = markOf(session.client);
    this.lookAfter(times.everyMs);
  }

  /**
   * Asks on the second connection, one question after the other.
   * @throws when it does not answer in time; the watch then opens another connection
   */
  ask<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    const answer = this.queue.then(() => this.askNow<R>(text, values));
    this.queue = answer.catch(() => undefined);
    return answer;
  }

  /** Cancels what the session is doing: at once, or as soon as the target can be asked. Never throws. */
  async cancel(): Promise<void> {
    this.cancelling = true;
    await this.deliverCancel();
  }

  /** Ends the watch. It waits for nothing but the goodbye, which is short. */
  async end(): Promise<void> {
    this.ended = true;
    clearTimeout(this.timer);
    await closeTarget(this.watch);
  }

  private async askNow<R extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<R[]> {
    if (this.dead) throw new Error('The second connection is being opened again.');
    const began = { since: performance.now(), mark: markOf(this.session.client) };
    const asked = this.watch.query<R>(text, values);
    // Of an answer that comes too late nobody wants to know.
    asked.catch(() => undefined);
    try {
      const { rows } = await inTime(asked, this.times.answerMs);
      this.trouble = undefined;
      return rows;
    } catch (cause) {
      // A server that refuses a question is there.
      if (refusedByServer(cause)) this.trouble = undefined;
      else this.dies(began);
      throw cause;
    }
  }

  private dies(trouble: { since: number; mark: Mark }): void {
    this.dead = true;
    this.trouble ??= trouble;
    if (!this.looking) this.lookAfter(0);
  }

  private lookAfter(ms: number): void {
    clearTimeout(this.timer);
    if (this.ended) return;
    this.timer = setTimeout(async () => {
      this.looking = true;
      await this.look();
      this.looking = false;
      this.lookAfter(this.times.everyMs);
    }, ms);
  }

  private async look(): Promise<void> {
    const before = markOf(this.session.client);
    const backend = await this.askState();
    if (this.ended) return;
    if (backend !== undefined) {
      this.judge(backend, before);
      return;
    }
    const opened = await this.reopen();
    if (this.ended) return;
    if (opened === 'unreachable') await this.cutIfSilent();
    if (opened !== 'opened') return;
    // The connection that has died beside it counts for one look.
    this.strikes += 1;
    await this.deliverCancel();
    const now = await this.askState();
    if (now !== undefined) this.judge(now, before);
  }

  /** Undefined: the second connection is of no use any more. */
  private async askState(): Promise<Backend | undefined> {
    try {
      const [row] = await this.ask<{ state: string }>(STATE_SQL, [
        this.session.pid,
        this.session.backendStart,
      ]);
      if (!row) return 'gone';
      return row.state.startsWith('idle') ? 'idle' : 'busy';
    } catch {
      return this.dead ? undefined : 'busy';
    }
  }

  private async reopen(): Promise<'opened' | 'unreachable' | 'refused'> {
    this.watch.connection.stream.destroy();
    const began = performance.now();
    try {
      const fresh = await this.open(this.times.connectMs);
      if (this.ended) {
        await closeTarget(fresh);
        return 'refused';
      }
      this.watch = fresh;
      this.dead = false;
      return 'opened';
    } catch (cause) {
      // A server that lets nobody in is there. And when this process itself stood still, its timers
      // say nothing about the network.
      const stoodStill = performance.now() - began > this.times.connectMs * 2.5;
      return stoodStill || answeredWithRefusal(cause as Error) ? 'refused' : 'unreachable';
    }
  }

  /** The server answers on the second connection and says what our session does. */
  private judge(backend: Backend, before: Mark): void {
    const now = markOf(this.session.client);
    const silent = same(this.last, before) && same(before, now);
    this.last = now;
    // What still stands in our own buffer can't have been answered.
    if (backend === 'busy' || !silent || !now.waiting || (backend === 'idle' && now.unsent)) {
      this.strikes = 0;
      return;
    }
    this.strikes += 1;
    if (this.strikes >= STRIKES[backend]) this.cut();
  }

  /** No connection can be made at all. A refused one is refused at once, which is no silence yet. */
  private async cutIfSilent(): Promise<void> {
    const { client } = this.session;
    const { answerMs, connectMs } = this.times;
    await new Promise((resolve) => setTimeout(resolve, CATCH_UP_MS));
    const now = markOf(client);
    if (!this.trouble || !now.waiting || !same(this.trouble.mark, now)) {
      this.trouble = { since: performance.now(), mark: now };
      return;
    }
    if (performance.now() - this.trouble.since >= answerMs + connectMs) this.cut();
  }

  private cut(): void {
    this.session.client.connection.stream.destroy();
  }

  private async deliverCancel(): Promise<void> {
    if (!this.cancelling) return;
    try {
      await this.ask(CANCEL_SQL, [this.session.pid, this.session.backendStart]);
      this.cancelling = false;
    } catch {
      // The next connection delivers it.
    }
  }
}

function markOf(client: pg.Client): Mark {
  const { stream } = client.connection;
  return {
    waiting: isWaiting(client),
    unsent: stream.writableLength > 0,
    traffic: stream instanceof Socket ? `${stream.bytesRead}/${stream.bytesWritten}` : '',
  };
}

const same = (a: Mark, b: Mark): boolean => a.waiting === b.waiting && a.traffic === b.traffic;

/** node-postgres sets this to false from the moment a query is sent until the server is ready again. */
function isWaiting(client: pg.Client): boolean {
  return 'readyForQuery' in client && client.readyForQuery === false;
}

/** An error of the server's own, and not the one with which it ends a connection. */
function refusedByServer(cause: unknown): boolean {
  const sqlstate = sqlstateOf(cause);
  return sqlstate !== undefined && !sqlstate.startsWith('57P');
}

/** What `openTarget` throws keeps the code of its cause: five characters when a server said so. */
function answeredWithRefusal({ cause }: { cause?: unknown }): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^[0-9][0-9A-Z]{4}$/.test(code);
}

async function inTime<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('No answer in time.')), limitMs);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
