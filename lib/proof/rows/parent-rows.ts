import pg from 'pg';
import type { PlannedRow } from './build-rows';
import type { InsertedRow } from './insert-rows';
import { queryBehindSavepoint } from './open-transaction';
import type { ForeignKeyRule, RowRules, TableRules } from './row-rules';

/** Rows of a parent that children choose from. */
const CHOICE = 8;

/** The rows that foreign keys can point to: those just planted, else those that were there. */
export class ParentRows {
  private readonly fresh = new Map<number, PlannedRow[]>();
  private readonly read = new Map<number, PlannedRow[]>();
  private readonly columns = new Map<number, number[]>();

  constructor(
    private readonly client: pg.ClientBase,
    rules: RowRules,
  ) {
    for (const table of rules.tables.values()) {
      for (const { parent, parentColumns } of table.foreignKeys) {
        const known = this.columns.get(parent) ?? [];
        this.columns.set(parent, [...new Set([...known, ...parentColumns])]);
      }
    }
  }

  /** The columns that keys point to. */
  wanted(table: TableRules): readonly number[] {
    return this.columns.get(table.oid) ?? [];
  }

  add(table: TableRules, rows: readonly PlannedRow[]): void {
    this.fresh.set(table.oid, [...(this.fresh.get(table.oid) ?? []), ...rows]);
  }

  async of(table: TableRules): Promise<PlannedRow[]> {
    const fresh = this.fresh.get(table.oid);
    return fresh?.length ? fresh : this.existing(table);
  }

  /** Rows that were there before. */
  async existing(table: TableRules): Promise<PlannedRow[]> {
    const known = this.read.get(table.oid);
    if (known) return known;
    const wanted = this.wanted(table);
    const texts = wanted.map((number) => `${this.nameOf(table, number)}::text`);
    const rows = await this.attempt<{ v: (string | null)[] }>(
      `SELECT ARRAY[${texts.join(', ')}]::text[] AS v FROM ${table.from} LIMIT ${CHOICE}`,
    );
    const found = rows.map(
      ({ v }) => new Map(wanted.map((number, at) => [number, v[at] ?? null] as const)),
    );
    this.read.set(table.oid, found);
    return found;
  }

  async hasRows(table: TableRules): Promise<boolean> {
    const rows = await this.attempt(`SELECT 1 FROM ${table.from} LIMIT 1`);
    return rows.length > 0;
  }

  /**
   * Draws numbers from the sequences behind the columns that keys point to, where a row has to know
   * its own key before it goes in.
   */
  async draw(table: TableRules, count: number): Promise<Map<number, string[]>> {
    const drawn = new Map<number, string[]>();
    if (count === 0) return drawn;
    for (const number of this.wanted(table)) {
      const column = table.columns.find((one) => one.number === number);
      if (!column?.sequence) continue;
      const rows = await this.attempt<{ v: string }>(
        `SELECT pg_catalog.nextval(${pg.escapeLiteral(column.sequence)})::text AS v FROM pg_catalog.generate_series(1, ${count})`,
      );
      drawn.set(
        number,
        rows.map(({ v }) => v),
      );
    }
    return drawn;
  }

  /** Points rows that are in the table to parents; what a constraint refuses stays null. */
  async point(
    table: TableRules,
    key: ForeignKeyRule,
    rows: readonly InsertedRow[],
    parents: readonly PlannedRow[],
  ): Promise<void> {
    const first = rows[0];
    if (!first || parents.length === 0) return;
    const open = key.columns.filter(
      (number) => !table.columns.find((column) => column.number === number)?.required,
    );
    for (const [at, { place }] of rows.entries()) {
      const parent = parents[at % parents.length];
      const values = open.map((number) => {
        const value = parent?.get(key.parentColumns[key.columns.indexOf(number)] ?? 0) ?? null;
        return `${this.nameOf(table, number)} = ${value === null ? 'NULL' : pg.escapeLiteral(value)}`;
      });
      await this.attempt(
        `UPDATE ${table.name} SET ${values.join(', ')} WHERE ctid = ${pg.escapeLiteral(place.ctid)} AND tableoid = ${place.table}`,
      );
    }
  }

  private nameOf(table: TableRules, number: number): string {
    const name = table.columns.find((column) => column.number === number)?.name;
    return name === undefined ? 'NULL' : pg.escapeIdentifier(name);
  }

  private async attempt<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    try {
      const results = await queryBehindSavepoint(this.client, sql);
      return results[0]?.rows ?? [];
    } catch (error) {
      if (error instanceof pg.DatabaseError) return [];
      throw error;
    }
  }
}
