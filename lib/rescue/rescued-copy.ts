import type pg from 'pg';
import type { Statement } from '@/lib/core/statement';

/** A copy of what a statement destroys, in `backstep_rescue` on the target. */
export interface RescuedCopy {
  kind: 'table' | 'columns' | 'rows';
  /** What was copied: 'column public.gateways.region'. */
  subject: string;
  /**
   * `backstep_rescue.rb_0007_s1_1`. A later statement of the transaction may go on with the same copy: it is then
   * told again, with all that it holds.
   */
  copy: string;
  rows: number;
  bytes: number;
  /** Statements that merge the copy back once the table or column is there again. */
  mergeSql: string;
}

/** The same with where it comes from, as the comment on the copy tells it. */
export interface FoundCopy extends RescuedCopy {
  /** Label of the rollback. */
  rollback: string;
  position: number;
  statementIndex: number;
  createdAt: string;
}

export interface RescueInput {
  /** Label of the rollback: RB-0007. */
  rollback: string;
  /** Of the step in the plan. */
  position: number;
  statement: Pick<Statement, 'index' | 'text'>;
  /**
   * Statements of the rollback that ran before this one, in their order, those of earlier steps included. Merging
   * goes by the names from before them: what they renamed is called that again by then.
   */
  earlier?(): readonly Pick<Statement, 'text'>[];
  /** What all copies of the rollback may take together. */
  limitBytes: number;
  /** The tracking table, whose rows are not copied: put back, they would tell of what is undone. */
  tracking?: { schema: string; table: string };
  /** Called for what the statement may destroy without a copy of it, with a sentence. */
  notRescued?(sentence: string): void;
}

/** What copying goes on with; one statement's work. */
export interface RescueSession extends RescueInput {
  client: pg.Client;
}
