import pg from 'pg';
import { allowedValues } from './allowed-values';
import { buildRows, type PlannedRow, type RowMaterial, type Style } from './build-rows';
import { problemFor, problemsOf } from './condition-problems';
import { type InsertedRow, type Insertion, insertRows } from './insert-rows';
import { linkInside } from './link-rows';
import { mostDifferent } from './most-different';
import { ParentRows } from './parent-rows';
import { isNeeded } from './plant-order';
import type { ForeignKeyRule, RowRules, TableRules } from './row-rules';
import type { Variant } from './scalar-values';
import { type Combination, solveConditions } from './solve-conditions';
import { ValueSource } from './value-source';

export interface PlantedRows {
  /** Rows that were put in now; none where the rows that are there leave no room for more. */
  tables: { name: string; rows: number }[];
  /** Tables that hold no row at all, with why. */
  empty: { name: string; why: string }[];
}

/** The group of conditions of one table. */
type Group = ReturnType<typeof problemsOf>[number];

/** From what shows most to what is taken most easily. */
const STYLES: readonly { plain: boolean; bare: boolean; asReplica: boolean }[] = [
  { plain: false, bare: false, asReplica: false },
  { plain: true, bare: false, asReplica: false },
  { plain: false, bare: true, asReplica: false },
  { plain: true, bare: true, asReplica: false },
  // A trigger that refuses every row now may have let older ones pass.
  { plain: false, bare: false, asReplica: true },
];
/** Other parents and values for rows that are there already. */
const SHIFTS = [0, 1, 2];
/** No other value helps against these: insufficient_privilege, read_only, query_canceled. */
const HOPELESS = new Set(['42501', '25006', '57014']);

/** One planting: what is known of values and parents, and what has become of each table. */
export class Planting {
  private source: ValueSource;
  private readonly parents: ParentRows;
  private readonly variants: Variant[];
  private readonly solved = new Map<Group, Combination[]>();
  private readonly groups = new Map<number, Group[]>();
  private readonly planted = new Map<number, InsertedRow[]>();
  private readonly failures = new Map<number, string>();
  /** Keys that had to stay null, because their parents come later. */
  private readonly open: { table: TableRules; key: ForeignKeyRule }[] = [];

  constructor(
    private readonly client: pg.ClientBase,
    private readonly rules: RowRules,
    private readonly count: number,
    private readonly salt: number,
  ) {
    this.source = new ValueSource(rules);
    this.parents = new ParentRows(client, rules);
    this.variants = Array.from({ length: count * SHIFTS.length }, (_value, row) => ({ row, salt }));
  }

  /** Asks PostgreSQL for values that satisfy conditions, for all tables at once. */
  async prepare(tables: readonly TableRules[]): Promise<void> {
    const allowed = await allowedValues(this.client, this.rules, this.source, this.variants);
    this.source = new ValueSource(this.rules, allowed);
    const groups = tables.flatMap((table) =>
      this.groupsOf(table)
        .filter((group) => !pointsElsewhere(table, group))
        .map((group) => ({ table, group })),
    );
    const problems = groups.map(({ table, group }) =>
      problemFor(table, group, this.rules, this.source, this.variants, new Map()),
    );
    const found = await solveConditions(this.client, problems, this.rules);
    for (const [at, { group }] of groups.entries()) this.solved.set(group, found[at] ?? []);
  }

  /** Fills tables that need each other; most groups are one table. */
  async plant(group: readonly TableRules[]): Promise<void> {
    for (const table of group) {
      if (await this.isDone(table)) return;
    }
    let failure: unknown;
    for (const style of STYLES) {
      if (style.asReplica && !isOfTrigger(failure)) break;
      for (const shift of SHIFTS) {
        try {
          if (await this.attempt(group, { ...style, shift }, style.asReplica)) return;
        } catch (error) {
          if (!(error instanceof pg.DatabaseError)) throw error;
          failure ??= error;
          if (HOPELESS.has(error.code ?? '')) break;
        }
      }
      if (failure instanceof pg.DatabaseError && HOPELESS.has(failure.code ?? '')) break;
    }
    for (const table of group) {
      if ((this.planted.get(table.oid)?.length ?? 0) === 0) {
        this.failures.set(table.oid, whyOf(failure));
      }
    }
  }

  /** Whether there is nothing to do: a parent that has rows already, or a table that takes none. */
  private async isDone(table: TableRules): Promise<boolean> {
    if (!table.takesRows) {
      this.failures.set(table.oid, 'it is partitioned and has no partition yet');
      return true;
    }
    if (!table.given && (await this.parents.existing(table)).length > 0) return true;
    for (const key of table.foreignKeys) {
      const parent = this.rules.tables.get(key.parent);
      if (!parent || parent === table || !isNeeded(table, key)) continue;
      const isEmpty = this.failures.has(parent.oid) && (await this.parents.of(parent)).length === 0;
      if (isEmpty) {
        this.failures.set(table.oid, `its rows need one of ${parent.name}, which is empty`);
        return true;
      }
    }
    return false;
  }

  /** @returns whether all wanted rows are in */
  private async attempt(
    group: readonly TableRules[],
    style: Style,
    asReplica: boolean,
  ): Promise<boolean> {
    const missing = Math.max(
      ...group.map((table) => this.count - (this.planted.get(table.oid)?.length ?? 0)),
    );
    const insertions: Insertion[] = [];
    for (const table of group) {
      const material = await this.materialFor(table, group, missing);
      const rows = buildRows(material, this.count, style).slice(-missing);
      if (rows.length === 0) return false;
      insertions.push({ table, rows, wanted: this.parents.wanted(table) });
    }
    for (const { table, rows } of insertions) linkInside(table, rows, insertions, style);
    try {
      return this.note(insertions, await insertRows(this.client, insertions, asReplica));
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || missing === 1) throw error;
      return await this.oneByOne(insertions, asReplica, error);
    }
  }

  /** One bad row shall not keep out the others. */
  private async oneByOne(
    insertions: readonly Insertion[],
    asReplica: boolean,
    first: pg.DatabaseError,
  ): Promise<boolean> {
    const most = Math.max(...insertions.map(({ rows }) => rows.length));
    let failures = 0;
    for (let row = 0; row < most; row += 1) {
      const single = insertions.map((insertion) => ({
        ...insertion,
        rows: insertion.rows.slice(row, row + 1),
      }));
      try {
        this.note(single, await insertRows(this.client, single, asReplica));
      } catch (error) {
        if (!(error instanceof pg.DatabaseError)) throw error;
        failures += 1;
      }
    }
    if (failures === most) throw first;
    return this.isFull(insertions);
  }

  private note(insertions: readonly Insertion[], found: InsertedRow[][]): boolean {
    for (const [at, { table }] of insertions.entries()) {
      const rows = found[at] ?? [];
      this.planted.set(table.oid, [...(this.planted.get(table.oid) ?? []), ...rows]);
      this.parents.add(
        table,
        rows.map(({ values }) => values),
      );
    }
    return this.isFull(insertions);
  }

  private isFull(insertions: readonly Insertion[]): boolean {
    return insertions.every(
      ({ table }) => (this.planted.get(table.oid)?.length ?? 0) >= this.count,
    );
  }

  private async materialFor(
    table: TableRules,
    group: readonly TableRules[],
    missing: number,
  ): Promise<RowMaterial> {
    const inside = table.foreignKeys.filter((key) => group.some(({ oid }) => oid === key.parent));
    const parents = new Map<number, PlannedRow[]>();
    for (const { parent } of table.foreignKeys) {
      const rules = this.rules.tables.get(parent);
      if (rules && !parents.has(parent)) parents.set(parent, await this.parents.of(rules));
    }
    for (const key of table.foreignKeys) {
      const isOpen = !inside.includes(key) && parents.get(key.parent)?.length === 0;
      if (isOpen && !this.open.some((one) => one.key === key)) this.open.push({ table, key });
    }
    return {
      table,
      source: this.source,
      salt: this.salt,
      count: this.count,
      combinations: await this.combinationsFor(table, inside, parents),
      parentsOf: (key) => parents.get(key.parent) ?? [],
      inside,
      drawn: await this.parents.draw(table, inside.length > 0 ? Math.max(missing, this.count) : 0),
    };
  }

  private groupsOf(table: TableRules): Group[] {
    const known = this.groups.get(table.oid) ?? problemsOf(table);
    this.groups.set(table.oid, known);
    return known;
  }

  private async combinationsFor(
    table: TableRules,
    inside: readonly ForeignKeyRule[],
    parents: ReadonlyMap<number, PlannedRow[]>,
  ): Promise<Combination[][]> {
    const fixed = new Map<number, (string | null)[]>();
    for (const key of table.foreignKeys) {
      const rows = inside.includes(key) ? [] : (parents.get(key.parent) ?? []);
      for (const [at, number] of key.columns.entries()) {
        const values = rows.map((row) => row.get(key.parentColumns[at] ?? 0) ?? null);
        const known = fixed.get(number);
        fixed.set(number, known ? known.filter((value) => values.includes(value)) : values);
      }
    }
    const open = this.groupsOf(table).filter((group) => !this.solved.has(group));
    const problems = open.map((group) =>
      problemFor(table, group, this.rules, this.source, this.variants, fixed),
    );
    const found = await solveConditions(this.client, problems, this.rules);
    for (const [at, group] of open.entries()) this.solved.set(group, found[at] ?? []);
    return this.groupsOf(table).map((group) =>
      mostDifferent(this.solved.get(group) ?? [], this.count * SHIFTS.length),
    );
  }

  /** Sets the keys that had to wait for their parents, in the rows of this planting. */
  async closeCircles(): Promise<void> {
    for (const { table, key } of this.open) {
      const parent = this.rules.tables.get(key.parent);
      const parents = parent ? await this.parents.of(parent) : [];
      const rows = this.planted.get(table.oid) ?? [];
      await this.parents.point(table, key, rows.slice(0, -1), parents);
    }
  }

  async result(): Promise<PlantedRows> {
    const result: PlantedRows = { tables: [], empty: [] };
    for (const table of this.rules.tables.values()) {
      const rows = this.planted.get(table.oid)?.length ?? 0;
      const failure = this.failures.get(table.oid);
      if (rows === 0 && failure !== undefined && !(await this.parents.hasRows(table))) {
        result.empty.push({ name: table.name, why: failure });
      } else if (rows > 0 || table.given) {
        result.tables.push({ name: table.name, rows });
      }
    }
    return result;
  }
}

function pointsElsewhere(table: TableRules, group: Group): boolean {
  return table.foreignKeys.some((key) =>
    key.columns.some((number) => group.numbers.includes(number)),
  );
}

function isOfTrigger(failure: unknown): boolean {
  return failure instanceof pg.DatabaseError && /function .* line \d+/.test(failure.where ?? '');
}

function whyOf(failure: unknown): string {
  if (!(failure instanceof pg.DatabaseError))
    return 'no row was found that satisfies its constraints';
  const trigger = isOfTrigger(failure)
    ? ` (raised by a trigger: ${failure.where?.split('\n')[0]})`
    : '';
  return `${failure.message}${trigger}`;
}
