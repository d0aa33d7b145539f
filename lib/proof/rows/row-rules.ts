import type pg from 'pg';
import { RULE_QUERIES } from './row-rules-queries';

/** What a value of a type may be, from pg_type. */
export interface TypeRules {
  oid: number;
  name: string;
  /** Qualified, as it is written in a cast. */
  sql: string;
  kind: 'base' | 'composite' | 'domain' | 'enum' | 'range' | 'multirange' | 'pseudo';
  /** PostgreSQL's own types only: names mean what the manual says. */
  builtIn: boolean;
  /** Of an array: the type of its elements. */
  element: number | null;
  /** Of a domain: the type below it, with its own limits. */
  base: { type: number; modifier: number } | null;
  /** Of a domain: its own conditions on VALUE. */
  checks: string[];
  /** Of an enum: the newest value first. */
  labels: string[];
  /** Of a range or multirange: the type of its bounds. */
  bound: number | null;
  /** Of a composite type. */
  fields: { type: number; modifier: number }[];
}

export interface ColumnRules {
  name: string;
  number: number;
  type: number;
  modifier: number;
  required: boolean;
  /** How the value comes about when none is given. */
  source: 'given' | 'always identity' | 'sequence' | 'generated';
  /** The default or the generating expression. */
  expression: string | null;
  /** The sequence behind an identity or a serial column, for pg_catalog.nextval. */
  sequence: string | null;
  /** What its values are made as, where they have to be something else later on: a time in a text. */
  madeAs?: { type: number; modifier: number };
  /** Whether it will point to a table that is not there yet: no value of today can be right. */
  staysNull?: boolean;
  /** The only values, where an enum's are not all allowed. */
  only?: string[];
}

export interface CheckRule {
  name: string;
  expression: string;
  /** Column numbers; empty when the catalog does not tell them. */
  columns: number[];
  /** Of a condition that only comes later: the names and types of its columns by then. */
  later?: { number: number; name: string; cast: string }[];
}

export interface ForeignKeyRule {
  name: string;
  columns: number[];
  parent: number;
  parentColumns: number[];
}

export interface TableRules {
  oid: number;
  /** Qualified and quoted as PostgreSQL prints it. */
  name: string;
  /** Given by the caller, rather than found as the parent of one. */
  given: boolean;
  columns: ColumnRules[];
  checks: CheckRule[];
  foreignKeys: ForeignKeyRule[];
  /** Column numbers of each unique index. */
  uniques: number[][];
  /** What its own rows are read from: without those of tables that inherit from it. */
  from: string;
  /** Whether ON CONFLICT DO NOTHING is allowed on it. */
  skipsConflicts: boolean;
  /** Constraints that are checked at the end of the transaction, as SET CONSTRAINTS names them. */
  deferred: string[];
  /** A partitioned table without a partition takes no row. */
  takesRows: boolean;
}

/** What rows of some tables, their parents included, have to comply with. */
export interface RowRules {
  tables: Map<number, TableRules>;
  types: Map<number, TypeRules>;
}

/**
 * Reads what rows of the given tables, and of all that their foreign keys lead to, have to comply
 * with. Read after the up, it tells `plantRows` before the up what its rows will have to survive.
 * @param tables qualified, quoted as PostgreSQL prints them or not; unknown ones are left out
 */
export async function readRowRules(
  client: pg.ClientBase,
  tables: readonly string[],
): Promise<RowRules> {
  const found = await client.query<TableRules>(RULE_QUERIES.tables, [[...tables]]);
  const types = new Set(found.rows.flatMap((table) => table.columns.map((column) => column.type)));
  const closure = await client.query<TypeRules>(RULE_QUERIES.types, [[...types]]);
  return {
    tables: new Map(found.rows.map((table) => [table.oid, table])),
    types: new Map(closure.rows.map((type) => [type.oid, type])),
  };
}

/** The type below all domains, with the limits that hold for it. */
export function baseOf(
  rules: RowRules,
  type: number,
  modifier: number,
): { type: TypeRules | undefined; modifier: number } {
  let found = rules.types.get(type);
  let limits = modifier;
  while (found?.kind === 'domain' && found.base) {
    limits = found.base.modifier === -1 ? limits : found.base.modifier;
    found = rules.types.get(found.base.type);
  }
  return { type: found, modifier: limits };
}
