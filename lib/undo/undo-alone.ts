import type pg from 'pg';
import type { Part } from '@/lib/core/parts';
import type { Statement } from '@/lib/core/statement';
import { refusal, SessionLostError, StepUndoneError } from './errors';
import { isSessionLost, RETRYABLE, toStatementError } from './pg-error';
import { aloneOf, type Probed, probeStatement } from './probe';
import { replaySettings, runStatement } from './run-statements';
import { restoreSession, settleSession } from './session';
import { assertRows } from './tracking-rows';
import type { UndoInput, UndonePart } from './undo-input';
import { raiseFenceAlone } from './undo-transaction';

/**
 * Runs a statement that can't run inside a transaction. Its state in the catalog makes it safe: where
 * it was sent before and nobody saw the answer (`sentBefore`), what is done is not done again, and what
 * is half done is taken away, or completed, first. A failure takes away what it has left.
 * @throws StepUndoneError the catalog is as before the statement, except for what `left` says
 * @throws SessionLostError the connection is gone; see `commitSent`
 */
export async function undoAlone(
  client: pg.Client,
  input: UndoInput,
  part: Part,
  { sentBefore }: { sentBefore: boolean },
): Promise<UndonePart> {
  if (input.fence || part.index === 0) await raiseFenceAlone(client, input);
  const sent = new Alone(client, input, part, sentBefore);
  try {
    return await sent.perform();
  } catch (cause) {
    return await sent.giveUp(cause);
  }
}

class Alone {
  private readonly statement: Statement;
  private commitSent = false;
  /** What half stands in the catalog is of our own making. */
  private ours: boolean;
  private restore: (() => Promise<string[]>) | undefined;

  constructor(
    private readonly client: pg.Client,
    private readonly input: UndoInput,
    private readonly part: Part,
    private readonly sentBefore: boolean,
  ) {
    this.statement = aloneOf(input.step, part);
    this.ours = sentBefore;
  }

  async perform(): Promise<UndonePart> {
    const { client, input, part, statement } = this;
    const started = performance.now();
    const state = await settleSession(client, input.settings);
    this.restore = () => restoreSession(client, state, null);
    await assertRows(client, input);
    await replaySettings(client, input, part);
    const before = await probeStatement(client, statement);
    if (this.sentBefore) input.hooks?.probed?.(statement, before);
    else this.ours = before.found === 'not_done';
    const rows = await this.bringAbout(before);
    const leaked = await this.restored();
    if (leaked.length > 0) input.hooks?.settingsReset?.(leaked);
    const durationMs = performance.now() - started;
    return {
      xid: null,
      durationMs,
      statements: [{ index: statement.index, durationMs, rows }],
    };
  }

  private async bringAbout(before: Probed): Promise<number | null> {
    const { input, part, statement } = this;
    if (this.sentBefore && before.found === 'done') return null;
    await input.hooks?.beforeAlone?.(statement, part);
    input.hooks?.statementStarted?.(statement.index);
    const started = performance.now();
    this.commitSent = true;
    let rows: number | null = null;
    if (this.sentBefore) await this.mend(before);
    if (!(this.sentBefore && before.mend?.completes)) rows = await this.send();
    input.hooks?.statementFinished?.(statement.index, performance.now() - started, rows);
    return rows;
  }

  private async send(): Promise<number | null> {
    const { client, statement } = this;
    let rows: number | null = null;
    try {
      rows = await runStatement(client, statement.text);
    } catch (cause) {
      if (isSessionLost(client, cause) || !this.ours) throw cause;
      // A cancel may come between the last COMMIT of the statement and its answer.
      if (statement.probe?.kind === 'repeatable' || statement.probe?.kind === 'reindex')
        throw cause;
      const after = await probeStatement(client, statement);
      if (after.found !== 'done') throw cause;
      this.input.hooks?.probed?.(statement, after);
      return rows;
    }
    if (statement.probe?.kind === 'create_index') {
      // IF NOT EXISTS is content with an index that somebody's broken build has left.
      const after = await probeStatement(client, statement);
      if (after.found !== 'done') {
        this.ours = false;
        throw refusal(`${after.message} Drop it by hand, then resume.`);
      }
    }
    return rows;
  }

  async giveUp(cause: unknown): Promise<never> {
    const { client, input, statement } = this;
    if (isSessionLost(client, cause) || cause instanceof SessionLostError) {
      throw new SessionLostError(this.commitSent, { cause });
    }
    let left: string | undefined;
    try {
      left = this.ours && (this.commitSent || this.sentBefore) ? await this.takeAway() : undefined;
      await this.restored();
    } catch (fault) {
      if (isSessionLost(client, fault)) throw new SessionLostError(this.commitSent, { cause });
      throw fault;
    }
    const error = toStatementError(cause, statement.index, input.step.statements);
    throw new StepUndoneError(error, {
      cause,
      retryable: RETRYABLE.has(error.sqlstate),
      position: input.step.position,
      ...(left === undefined ? {} : { left }),
    });
  }

  /** @returns what could not be taken away, as a sentence */
  private async takeAway(): Promise<string | undefined> {
    const { client, statement } = this;
    const after = await probeStatement(client, statement);
    if (after.found !== 'unfinished') return undefined;
    if (!after.mend || after.mend.completes) return after.message;
    try {
      await this.mend(after);
      return undefined;
    } catch (cause) {
      if (isSessionLost(client, cause)) throw cause;
      return after.message;
    }
  }

  private async mend({ mend }: Probed): Promise<void> {
    for (const sql of mend?.sql ?? []) await runStatement(this.client, sql);
  }

  private async restored(): Promise<string[]> {
    const restore = this.restore;
    this.restore = undefined;
    return (await restore?.()) ?? [];
  }
}
