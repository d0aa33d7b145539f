import type { ResolvedName } from '@/lib/sql/relation-names';
import type { LiveColumn, LiveRelation } from './live-relations';
import { quoted } from './quoted-name';

/** A relation as it stands between two statements of the plan. */
export interface Standing {
  schema: string;
  name: string;
  /** What it is on the live target now; undefined for one that the plan itself makes. */
  live: LiveRelation | undefined;
  /** By present name; undefined for a column that the plan itself makes. */
  columns: Map<string, LiveColumn | undefined>;
  /** The first statement before that changes its rows: then what is found today may be otherwise by then. */
  rowsChangedAt: { position: number; line: number } | undefined;
}

/**
 * The live schema as the plan's statements leave it one after the other: enough to know which live table
 * a name means after a rename, and what exists only later.
 */
export class SchemaSoFar {
  private readonly relations = new Map<string, Standing>();
  private readonly gone = new Set<string>();

  /** @param searchPath where the run's session looks for bare names */
  constructor(
    live: readonly LiveRelation[],
    readonly searchPath: readonly string[],
  ) {
    for (const relation of live) {
      const { schema, name, columns } = relation;
      this.put({
        schema,
        name,
        live: relation,
        columns: new Map(columns),
        rowsChangedAt: undefined,
      });
    }
  }

  /** What a name in the script means here; undefined when nothing of that name is known. */
  find(name: ResolvedName): Standing | undefined {
    for (const schema of this.schemasOf(name)) {
      const found = this.relations.get(keyOf(schema, name.name));
      if (found) return found;
    }
    return undefined;
  }

  exact(schema: string, name: string): Standing | undefined {
    return this.relations.get(keyOf(schema, name));
  }

  /** Where a name is looked for: in its schema, or along the path. */
  schemasOf(name: ResolvedName): string[] {
    if (name.explicit) return [name.schema];
    // A SET search_path in the script comes first; without one the name says `public`.
    const own = name.schema === 'public' ? [] : [name.schema];
    return [...new Set([...own, ...this.searchPath, 'public'])];
  }

  /** Columns of live tables that are of this type. */
  columnsOfType(type: string): { relation: LiveRelation; column: LiveColumn }[] {
    return [...this.relations.values()].flatMap(({ live, columns }) =>
      live && (live.kind === 'r' || live.kind === 'p') && !live.isPartition
        ? [...columns.values()].flatMap((column) =>
            column?.type === type ? [{ relation: live, column }] : [],
          )
        : [],
    );
  }

  create(schema: string, name: string): void {
    if (this.exact(schema, name)) return;
    this.put({ schema, name, live: undefined, columns: new Map(), rowsChangedAt: undefined });
  }

  drop(standing: Standing): void {
    this.relations.delete(keyOf(standing.schema, standing.name));
  }

  rename(standing: Standing, to: { schema?: string; name?: string }): void {
    this.drop(standing);
    standing.schema = to.schema ?? standing.schema;
    standing.name = to.name ?? standing.name;
    this.put(standing);
  }

  /** Remembers an object that is gone from here on, as `pg_identify_object` names it: `view public.v`. */
  forget(type: string, identity: string): void {
    this.gone.add(`${type} ${identity}`);
  }

  /** What is gone so far; later removals don't show in it. */
  goneSoFar(): ReadonlySet<string> {
    return new Set(this.gone);
  }

  private put(standing: Standing): void {
    this.relations.set(keyOf(standing.schema, standing.name), standing);
  }
}

const keyOf = (schema: string, name: string): string => JSON.stringify([schema, name]);

/** The live table, in SQL. */
export function liveTable(live: LiveRelation): string {
  return `${quoted(live.schema)}.${quoted(live.name)}`;
}

/**
 * The live table for an expression of the script, under the names that it has at that statement. Columns
 * which the plan makes are missing from it: such an expression can't be asked today.
 */
export function sourceFor(
  standing: Standing,
  live: LiveRelation,
  { alias, only = false }: { alias?: string; only?: boolean } = {},
): string {
  const table = `${only ? 'ONLY ' : ''}${liveTable(live)}`;
  const renamed = [...standing.columns].some(([name, column]) => column && column.name !== name);
  const dropped = standing.columns.size !== live.columns.size;
  if (renamed || dropped) {
    const columns = [...standing.columns].flatMap(([name, column]) =>
      column ? [`${quoted(column.name)} AS ${quoted(name)}`] : [],
    );
    return `(SELECT ${columns.join(', ')} FROM ${table}) AS ${quoted(alias ?? standing.name)}`;
  }
  if (alias !== undefined) return `${table} AS ${quoted(alias)}`;
  const same = standing.name === live.name && standing.schema === live.schema;
  return same ? table : `${table} AS ${quoted(standing.name)}`;
}
