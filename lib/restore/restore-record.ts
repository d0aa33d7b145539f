import { and, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import { type Ctx, inTransaction, tables } from '@/lib/control';
import type { AuditAction } from '@/lib/core/audit-actions';
import { BackstepError } from '@/lib/core/errors';
import { type RestoreAct, type RestoreStatus, restoreLabel } from '@/lib/core/restore';
import { appendRestoreEvent, changeRestoreStatus, NOW, type RestorePatch } from './change-status';
import { HEARTBEAT_MS, LEASE_MS } from './lease';

const { restores, restoreSteps } = tables;

/** Another executor owns the restore by now: this one must not write, and must not touch the server. */
export class RestoreLostError extends Error {
  constructor() {
    super('Another executor has taken over this restore.');
    this.name = 'RestoreLostError';
  }
}

export interface RestoreOwner {
  restoreId: number;
  epoch: number;
  target: string;
}

const LAPSED = sql`${restores.heartbeatAt} < clock_timestamp() - make_interval(secs => ${LEASE_MS / 1_000})`;

/**
 * Takes a restore on, in a new epoch. Undefined when somebody else is at it, or there is nothing to do.
 * @param how `queued`: nobody has it; `lapsed`: its owner has not been heard for the lease; `any`
 */
export async function ownRestore(
  ctx: Pick<Ctx, 'db'>,
  restoreId: number,
  executorId: string,
  which: SQL | undefined,
  how: 'queued' | 'lapsed' | 'any' = 'queued',
): Promise<RestoreOwner | undefined> {
  const free =
    how === 'queued' ? isNull(restores.executorId) : how === 'lapsed' ? LAPSED : undefined;
  const [row] = await ctx.db
    .update(restores)
    .set({ epoch: sql`${restores.epoch} + 1`, executorId, heartbeatAt: NOW })
    .where(and(eq(restores.id, restoreId), which, free))
    .returning({ restoreId: restores.id, epoch: restores.epoch, target: restores.target });
  return row;
}

/** Restores whose owner has let its lease lapse. */
export async function lapsedRestores(ctx: Pick<Ctx, 'db'>): Promise<number[]> {
  const rows = await ctx.db.select({ id: restores.id }).from(restores).where(LAPSED);
  return rows.map(({ id }) => id);
}

export const inStatus = (...statuses: RestoreStatus[]): SQL => inArray(restores.status, statuses);

/** What an owner writes down. Everything is refused once the epoch is another one. */
export class RestoreRecord {
  private beat: NodeJS.Timeout | undefined;
  private closed = false;
  /** Aborted when the restore belongs to somebody else, or a person has cancelled it. */
  readonly ended = new AbortController();

  constructor(
    readonly ctx: Ctx,
    readonly owner: RestoreOwner,
  ) {}

  get label(): string {
    return restoreLabel(this.owner.restoreId);
  }

  /** Keeps the lease until `close`. */
  start(): void {
    this.beat = setTimeout(() => void this.heartbeat(), HEARTBEAT_MS);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.beat);
  }

  /** Writes an act before it is done. @throws RestoreLostError */
  async intend(what: RestoreAct, name: string, detail: string | null = null): Promise<number> {
    const { restoreId, epoch } = this.owner;
    const { rows } = await this.ctx.db.execute<{ seq: number }>(sql`
      WITH mine AS (
        SELECT id FROM ${restores} WHERE id = ${restoreId} AND epoch = ${epoch} FOR UPDATE
      )
      INSERT INTO ${restoreSteps} (restore_id, seq, what, name, state, detail)
      SELECT mine.id, 1 + coalesce((SELECT max(s.seq) FROM ${restoreSteps} s WHERE s.restore_id = mine.id), 0),
             ${what}, ${name}, 'intent', ${detail}
      FROM mine RETURNING seq`);
    const [row] = rows;
    if (!row) throw new RestoreLostError();
    return row.seq;
  }

  /** Writes down how an act ended. @throws RestoreLostError */
  async end(seq: number, state: 'done' | 'failed', detail: string | null = null): Promise<void> {
    const patch = detail === null ? {} : { detail };
    const rows = await this.ctx.db
      .update(restoreSteps)
      .set({ state, endedAt: NOW, ...patch })
      .where(
        and(
          eq(restoreSteps.restoreId, this.owner.restoreId),
          eq(restoreSteps.seq, seq),
          sql`EXISTS (SELECT FROM ${restores} r WHERE r.id = ${this.owner.restoreId} AND r.epoch = ${this.owner.epoch})`,
        ),
      )
      .returning({ seq: restoreSteps.seq });
    if (rows.length === 0) throw new RestoreLostError();
  }

  /** An act with its intent before it and its outcome after it. */
  async act<T>(
    what: RestoreAct,
    name: string,
    detail: string | null,
    work: () => Promise<T>,
  ): Promise<T> {
    const seq = await this.intend(what, name, detail);
    let value: T;
    try {
      value = await work();
    } catch (cause) {
      // Whether it was done all the same is for whoever settles to find out; the intent stays then.
      if (isAnswer(cause)) await this.end(seq, 'failed', (cause as Error).message);
      throw cause;
    }
    await this.end(seq, 'done');
    return value;
  }

  /** Intents without an outcome: a crash or a lost connection has left them. */
  async openIntents(): Promise<{ seq: number; what: RestoreAct; name: string }[]> {
    return this.ctx.db
      .select({ seq: restoreSteps.seq, what: restoreSteps.what, name: restoreSteps.name })
      .from(restoreSteps)
      .where(
        and(eq(restoreSteps.restoreId, this.owner.restoreId), eq(restoreSteps.state, 'intent')),
      )
      .orderBy(restoreSteps.seq);
  }

  /** What a crash has cut off is begun again, whether the server had done it or not. */
  async failOpenIntents(): Promise<void> {
    for (const { seq } of await this.openIntents())
      await this.end(seq, 'failed', 'The executor ended in the middle.');
  }

  async progress(progress: { phase: string; done: number; total: number }): Promise<void> {
    await this.patch({ progress });
  }

  /** @throws RestoreLostError */
  patch(patch: RestorePatch): Promise<void> {
    return this.patchIn(this.ctx, patch);
  }

  /** @throws RestoreLostError */
  async patchIn(tx: Pick<Ctx, 'db'>, patch: RestorePatch): Promise<void> {
    const rows = await tx.db
      .update(restores)
      .set(patch)
      .where(and(eq(restores.id, this.owner.restoreId), eq(restores.epoch, this.owner.epoch)))
      .returning({ id: restores.id });
    if (rows.length === 0) throw new RestoreLostError();
  }

  event(kind: string, payload: Record<string, unknown>): Promise<void> {
    return inTransaction(this.ctx, async (tx) => {
      await this.hold(tx);
      await appendRestoreEvent(tx, this.owner.restoreId, kind, payload);
    });
  }

  audit(
    action: AuditAction,
    outcome: 'done' | 'failed' | 'unknown',
    payload: Record<string, unknown>,
  ): Promise<void> {
    return inTransaction(this.ctx, async (tx) => {
      await this.hold(tx);
      await this.auditIn(tx, action, outcome, payload);
    });
  }

  /** One or more statuses with what goes along, in one transaction. @throws RestoreLostError */
  change(
    changes: { from: readonly RestoreStatus[]; to: RestoreStatus; patch?: RestorePatch }[],
    beside: (tx: Ctx) => Promise<void>,
  ): Promise<void> {
    return inTransaction(this.ctx, async (tx) => {
      await this.hold(tx);
      for (const { from, to, patch } of changes) {
        await changeRestoreStatus(tx, this.owner.restoreId, from, to, patch);
      }
      await beside(tx);
    });
  }

  async auditIn(
    tx: Ctx,
    action: AuditAction,
    outcome: 'done' | 'failed' | 'unknown',
    payload: Record<string, unknown>,
  ): Promise<void> {
    await appendAudit(tx, {
      action,
      subject: this.label,
      target: this.owner.target,
      outcome,
      payload,
    });
  }

  /** Keeps the restore in this epoch until the transaction ends. @throws RestoreLostError */
  async hold(tx: Pick<Ctx, 'db'>): Promise<void> {
    const held = await tx.db
      .select({ id: restores.id })
      .from(restores)
      .where(and(eq(restores.id, this.owner.restoreId), eq(restores.epoch, this.owner.epoch)))
      .for('update');
    if (held.length !== 1) throw new RestoreLostError();
  }

  private async heartbeat(): Promise<void> {
    try {
      const [row] = await this.ctx.db
        .update(restores)
        .set({ heartbeatAt: NOW })
        .where(and(eq(restores.id, this.owner.restoreId), eq(restores.epoch, this.owner.epoch)))
        .returning({ status: restores.status, cancel: restores.cancelRequestedBy });
      if (!row) {
        this.ended.abort(new RestoreLostError());
        return;
      }
      if (row.cancel !== null && row.status === 'restoring')
        this.ended.abort(new RestoreCancelledError());
    } catch {
      // A control database that is away shows at the next write; the lease has room for a moment.
    }
    if (!this.closed) this.start();
  }
}

/** A person has asked for the end of what goes on. */
export class RestoreCancelledError extends Error {
  constructor() {
    super('It was cancelled.');
    this.name = 'RestoreCancelledError';
  }
}

/** Whether the server, or we before it, said no: then it is known that nothing was done. */
export function isAnswer(cause: unknown): boolean {
  if (cause instanceof BackstepError) return true;
  return (
    cause instanceof Error &&
    'severity' in cause &&
    cause.severity === 'ERROR' &&
    'code' in cause &&
    typeof cause.code === 'string'
  );
}
