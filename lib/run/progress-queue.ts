import { type SQL, sql } from 'drizzle-orm';
import {
  type Answer,
  type Ctx,
  executeTogether,
  type PendingEvent,
  runEventsSql,
  WITHOUT_WAITING,
} from '@/lib/control';
import { assertPatched, EpochLostError, type RunKey } from './epoch';

/** Nobody sees the difference, and a batch costs as much as an event. */
const GATHER_MS = 15;

/** Entries of one message; a script may have thousands of statements. */
const BATCH = 200;

/** What waits to be written: an event for the timeline, or a change of a step's row. */
type Entry = { event: PendingEvent } | { patch: SQL };

/**
 * What a run tells of its progress, written in order and in batches, so that a script's statements do not
 * wait for it. What becomes final takes along whatever still waits here.
 */
export class ProgressQueue {
  private entries: Entry[] = [];
  private hurry: () => void = () => undefined;
  private waitedFor = 0;
  private draining: Promise<void> | null = null;
  private batch: Promise<void> | null = null;
  private after: Promise<unknown> = Promise.resolve();
  private failure: unknown = null;

  constructor(
    private readonly ctx: Ctx,
    private readonly key: RunKey,
  ) {}

  add(entry: Entry): void {
    this.entries.push(entry);
    this.draining ??= this.drain();
  }

  /** What is added from now on is written after this, and `flush` waits for it too. */
  follow(work: Promise<unknown>): void {
    this.after = work.catch((cause: unknown) => {
      this.failure ??= cause;
    });
  }

  /** Waits until everything so far is written. @throws EpochLostError, or the database's error */
  async flush(): Promise<void> {
    this.waitedFor++;
    this.hurry();
    try {
      while (this.draining) await this.draining;
      await this.turn();
    } finally {
      this.waitedFor--;
    }
    if (this.failure) throw this.failure;
  }

  /**
   * Hands what waits here to `write`, which sends its statements along with others. They stay here when
   * that fails. What is added from now on is written after it.
   * @throws what was not written before, as `flush`, or what `write` throws
   */
  handOver<T>(write: (carried: Carried) => Promise<T>): Promise<T> {
    const work = this.writeInTurn(this.after, write);
    const ended = () => undefined;
    this.after = work.then(ended, ended);
    return work;
  }

  private async writeInTurn<T>(
    after: Promise<unknown>,
    write: (carried: Carried) => Promise<T>,
  ): Promise<T> {
    await after;
    while (this.batch) await this.batch;
    while (this.entries.length > BATCH && !this.failure) await this.writeBatch();
    if (this.failure) throw this.failure;
    const taken = this.entries.splice(0);
    try {
      return await write(new Carried(this.key, taken));
    } catch (cause) {
      this.entries.unshift(...taken);
      if (taken.length > 0) this.draining ??= this.drain();
      throw cause;
    }
  }

  private async drain(): Promise<void> {
    // Not before `draining` holds this promise: one that ended at once would be put there for ever.
    await Promise.resolve();
    while (this.entries.length > 0 && !this.failure) {
      await this.gather();
      await this.turn();
      if (this.failure || this.entries.length === 0) continue;
      await this.writeBatch();
    }
    this.draining = null;
  }

  /** Waits for what was handed over, also meanwhile. */
  private async turn(): Promise<void> {
    let awaited: Promise<unknown> | undefined;
    while (awaited !== this.after) {
      awaited = this.after;
      await awaited;
    }
  }

  private writeBatch(): Promise<void> {
    this.batch = this.write(this.entries.splice(0, BATCH));
    return this.batch;
  }

  private async write(entries: readonly Entry[]): Promise<void> {
    const carried = new Carried(this.key, entries);
    try {
      const waiting = sql`SELECT ${WITHOUT_WAITING}`;
      const [, ...answers] = await executeTogether(this.ctx, [waiting, ...carried.statements]);
      carried.assertWritten(answers);
    } catch (cause) {
      this.failure ??= cause;
    } finally {
      this.batch = null;
    }
  }

  /** Lets what is added within a moment go into one batch, unless somebody waits for it. */
  private async gather(): Promise<void> {
    if (this.waitedFor > 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.hurry = resolve;
      timer = setTimeout(resolve, GATHER_MS);
    });
    clearTimeout(timer);
  }
}

/** Entries as statements for one message. */
export class Carried {
  readonly statements: readonly SQL[];
  private readonly events: number;

  constructor(key: RunKey, entries: readonly Entry[]) {
    const events = entries.flatMap((entry) => ('event' in entry ? [entry.event] : []));
    const patches = entries.flatMap((entry) => ('patch' in entry ? [entry.patch] : []));
    this.events = events.length;
    // The rollback's row is locked first, as everywhere.
    this.statements = events.length === 0 ? patches : [runEventsSql(key, events), ...patches];
  }

  /** @throws EpochLostError */
  assertWritten(answers: readonly Answer[]): void {
    const patched = this.events === 0 ? answers : answers.slice(1);
    if (this.events > 0 && answers[0]?.rows[0]?.written !== this.events) throw new EpochLostError();
    assertPatched(patched);
  }
}
