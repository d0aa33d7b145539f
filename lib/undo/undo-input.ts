import type pg from 'pg';
import type { TrackingRow } from '@/lib/core/migration';
import type { Part } from '@/lib/core/parts';
import type { PlanStep } from '@/lib/core/plan';
import type { Statement } from '@/lib/core/statement';
import type { raiseFenceSql, Tracking } from './fence';
import type { Probed } from './probe';
import type { SessionSettings } from './session';

export type FenceToRaise = Parameters<typeof raiseFenceSql>[1];

/** What the caller hears while a step goes on. Those that give a promise may refuse, by throwing. */
export interface UndoHooks {
  /** A transaction has begun, holds the tracking table, and has its id. Nothing of the script was sent yet. */
  begun?(xid: string, part: Part): void;
  /** Inside the transaction, right before the statement is sent. Throwing undoes the transaction. */
  beforeStatement?(client: pg.Client, statement: Statement): Promise<void>;
  statementStarted?(index: number): void;
  statementFinished?(index: number, durationMs: number, rows: number | null): void;
  /** Inside the transaction, right after the statement. Throwing undoes the transaction. */
  afterStatement?(client: pg.Client, statement: Statement): Promise<void>;
  settingsReset?(names: string[]): void;
  trackingRemoved?(row: TrackingRow, byScript: boolean): void;
  fenceRaised?(): void;
  /**
   * The last moment of a transaction: record its id. Throwing rolls it back. The part is the whole step
   * unless a statement of it has to run alone.
   */
  beforeCommit?(xid: string, part: Part): Promise<void>;
  /** The fence is up by a transaction of its own: what comes next can't be held by one. */
  fenceCommitted?(): Promise<void>;
  /** The last moment before a statement is sent that no transaction takes back. */
  beforeAlone?(statement: Statement, part: Part): Promise<void>;
  /** The catalog was asked what became of such a statement. */
  probed?(statement: Statement, found: Probed): void;
}

export interface UndoInput {
  step: PlanStep;
  tracking: Tracking;
  /** All tracking rows as they must be before this step, ordered by id. */
  expectedRows: readonly TrackingRow[];
  settings: SessionSettings;
  /** Put the fence up, in the first transaction. */
  fence: FenceToRaise | null;
  hooks?: UndoHooks;
}

export interface UndoneStatement {
  index: number;
  durationMs: number;
  rows: number | null;
}

export interface UndoneStep {
  /** Of the last transaction, which took the tracking row away. */
  xid: string;
  durationMs: number;
  statements: UndoneStatement[];
}

/** A part that is in for good. */
export interface UndonePart {
  /** Null for a statement that ran outside of a transaction. */
  xid: string | null;
  durationMs: number;
  statements: UndoneStatement[];
}
