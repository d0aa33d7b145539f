import type { ExpressionUse } from './askable-expression';
import type { LiveColumn, LiveRelation } from './live-relations';

/** Which statement something is about. */
export interface Place {
  position: number;
  statement: number;
  line: number;
}

/** SQL with parts of the script in it, and what has to hold before it may be asked. */
export interface ScriptSql {
  sql: string;
  uses: ExpressionUse[];
  searchPath: string[];
  /** Relations that it reads, the one that it is about first. */
  reads: LiveRelation[];
}

/** Something that the plan takes away from the live data. */
export type Loss =
  | { kind: 'table' | 'materialized_view' | 'sequence'; position: number; relation: LiveRelation }
  | { kind: 'column'; position: number; relation: LiveRelation; column: LiveColumn }
  | {
      kind: 'narrowed_column';
      position: number;
      relation: LiveRelation;
      column: LiveColumn;
      to: string;
      /** Counts the values that don't come back from the new type; undefined where that can't be asked. */
      differs: ScriptSql | undefined;
      whyNot: string | undefined;
    }
  | {
      kind: 'rows';
      position: number;
      relation: LiveRelation;
      verb: string;
      /** 'all': every row of it; undefined: which rows, only the run will tell. */
      rows: 'all' | ScriptSql | undefined;
      whyNot: string | undefined;
    };

/** A constraint that the script puts on live data, as a question for the rows that break it. */
export interface Probe {
  place: Place;
  relation: LiveRelation;
  /** Gives one row: `n`, and more numbers by name. */
  question: ScriptSql;
  /** What to say when `n` is above 0, and when it is 0. */
  violated: (counts: Record<string, number>) => string;
  kept: string;
  /** An earlier statement changes rows of the table first: then what is found now is a hint. */
  remark: string | undefined;
}

/** An object dropped with CASCADE. */
export interface CascadeRoot {
  place: Place;
  /** For the sentence: 'table public.rooms'. */
  words: string;
  /** SQL that gives `classid`, `objid`, `objsubid` of it, or no row. */
  address: string;
  /** What earlier statements took away. */
  gone: ReadonlySet<string>;
}

/** TRUNCATE … CASCADE empties tables that refer to this one. */
export interface TruncateCascade {
  place: Place;
  relations: LiveRelation[];
}
