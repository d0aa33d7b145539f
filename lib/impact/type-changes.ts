import type { AlterTableCmd, Node, TypeName } from 'libpg-query';
import pg from 'pg';
import type { SchemaChange } from '@/lib/core/catalog';
import { stringsOf } from '@/lib/sql/syntax-tree';
import { usesOf } from './askable-expression';
import type { Asked, StatementContext } from './constraint-probes';
import type { LiveColumn, LiveRelation } from './live-relations';
import { keepsEveryValue } from './narrowing';
import type { Loss, ScriptSql } from './questions';
import { partsOf, quoted } from './quoted-name';
import { liveTable, type SchemaSoFar, type Standing, sourceFor } from './schema-so-far';

type Narrowed = Extract<Loss, { kind: 'narrowed_column' }>;

/** How a statement turns the old values into new ones. */
interface Conversion {
  /** The USING expression; undefined where it could not be taken out of the statement. */
  text: string | undefined;
  source: string;
  column: string;
  uses: ScriptSql['uses'];
}

/** Columns whose type one step of the plan changes. */
export class TypeChanges {
  private readonly using = new Map<string, Conversion>();
  private searchPath: string[] = [];

  /** Keeps the USING of an ALTER COLUMN … TYPE for the end of the step. */
  note(context: StatementContext, standing: Standing, { name = '', def }: AlterTableCmd): void {
    this.searchPath = [...context.schema.searchPath];
    const expression = def && 'ColumnDef' in def ? def.ColumnDef.raw_default : undefined;
    const column = standing.columns.get(name);
    const { live } = standing;
    if (!expression || !column || !live) return;
    this.using.set(keyOf(live, column), {
      text: context.text.after('using', expression),
      source: sourceFor(standing, live),
      column: name,
      uses: [usesOf(expression)],
    });
  }

  /** What the rehearsal saw change, as far as values may not come through. */
  losses(position: number, changes: readonly SchemaChange[], schema: SchemaSoFar): Narrowed[] {
    return changes.flatMap((change): Narrowed[] => {
      if (change.change !== 'changed') return [];
      if (change.kind === 'type') return this.fewerLabels(position, change, schema);
      const type = change.attributes?.find(({ name }) => name === 'type');
      if (change.kind !== 'column' || !type?.before || !type.after) return [];
      const [schemaName = '', relation = '', name = ''] = partsOf(change.name);
      const standing = schema.exact(schemaName, relation);
      const column = standing?.columns.get(name);
      const live = standing?.live;
      if (!column || !live || !['r', 'p'].includes(live.kind)) return [];
      if (keepsEveryValue(type.before, type.after) && !this.using.has(keyOf(live, column)))
        return [];
      const loss = { kind: 'narrowed_column' as const, position, relation: live, column };
      const to = type.after;
      if (column.type !== type.before) {
        const whyNot = `on the live target it is ${column.type}, not ${type.before}`;
        return [{ ...loss, to, differs: undefined, whyNot }];
      }
      const differs = this.question(live, column, to);
      const whyNot = differs ? undefined : 'its USING could not be taken out of the statement';
      return [{ ...loss, to, differs, whyNot }];
    });
  }

  private question(live: LiveRelation, column: LiveColumn, to: string): ScriptSql | undefined {
    const conversion = this.using.get(keyOf(live, column));
    const whole = RANGES[to];
    const own = quoted(conversion?.column ?? column.name);
    const source = conversion?.source ?? liveTable(live);
    let there = own;
    if (conversion) {
      if (conversion.text === undefined) return undefined;
      there = `(${conversion.text}\n)`;
    }
    // Going there and back tells most; a whole number that does not fit would end the question instead.
    const lost =
      !conversion && whole && column.type in RANGES
        ? `${own} NOT BETWEEN ${whole[0]} AND ${whole[1]}`
        : `((${there}::${to})::${column.type})::text IS DISTINCT FROM ${own}::text`;
    return {
      sql: `SELECT count(*)::float8 AS n FROM ${source} WHERE ${own} IS NOT NULL AND ${lost}`,
      uses: conversion?.uses ?? [],
      searchPath: this.searchPath,
      reads: [live],
    };
  }

  /** An enum that is made anew with fewer labels: rows with one of the others have nowhere to go. */
  private fewerLabels(position: number, change: SchemaChange, schema: SchemaSoFar): Narrowed[] {
    const labels = change.attributes?.find(({ name }) => name === 'labels');
    if (!labels?.before || labels.after === null) return [];
    const kept = new Set(literalsOf(labels.after ?? ''));
    const lost = literalsOf(labels.before).filter((label) => !kept.has(label));
    if (lost.length === 0) return [];
    return schema.columnsOfType(change.name).map(({ relation, column }) => ({
      kind: 'narrowed_column',
      position,
      relation,
      column,
      to: `${change.name} without ${lost.join(', ')}`,
      differs: {
        sql: `SELECT count(*)::float8 AS n FROM ${liveTable(relation)} WHERE ${quoted(column.name)}::text IN (${lost.map(pg.escapeLiteral).join(', ')})`,
        uses: [],
        searchPath: [],
        reads: [relation],
      },
      whyNot: undefined,
    }));
  }
}

const keyOf = (relation: LiveRelation, column: LiveColumn) => `${relation.oid} ${column.number}`;

/** `'a', 'it''s'` as the labels themselves. */
function literalsOf(list: string): string[] {
  return [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, label = '']) =>
    label.replaceAll("''", "'"),
  );
}

const RANGES: Record<string, [string, string]> = {
  smallint: ['-32768', '32767'],
  integer: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
};

/**
 * Without USING, ALTER COLUMN … TYPE refuses text that is too long and whole numbers that are too large,
 * where a cast would cut or fail: which of today's values would be refused.
 */
export function probeType(
  context: StatementContext,
  standing: Standing,
  { name = '', def }: AlterTableCmd,
): Asked[] {
  const definition = def && 'ColumnDef' in def ? def.ColumnDef : undefined;
  const column = standing.columns.get(name);
  const { live } = standing;
  if (!definition?.typeName || definition.raw_default || !column || !live) return [];
  const limit = limitOf(definition.typeName, column);
  if (!limit) return [];
  const own = quoted(column.name);
  const before = standing.rowsChangedAt;
  return [
    {
      probe: {
        place: context.place,
        relation: live,
        question: {
          sql: `SELECT count(*)::float8 AS n FROM ${liveTable(live)} WHERE ${limit.broken(own)}`,
          uses: [],
          searchPath: [],
          reads: [live],
        },
        violated: ({ n = 0 }) =>
          `${n.toLocaleString('en-US')} ${n === 1 ? 'value' : 'values'} of ${name} in ${live.qualified} ${n === 1 ? 'does' : 'do'} not fit into ${limit.type}: the change of type would be refused.`,
        kept: `Every value of ${name} in ${live.qualified} fits into ${limit.type}.`,
        remark:
          before && 'An earlier statement changes rows first, so it may be otherwise by then.',
      },
    },
  ];
}

const TEXTS = /^(text|character varying|character)\b/;

function limitOf(type: TypeName, column: LiveColumn) {
  const base = stringsOf(type.names).at(-1) ?? '';
  const [first] = (type.typmods ?? []).flatMap((node: Node) =>
    'A_Const' in node && node.A_Const.ival ? [node.A_Const.ival.ival ?? 0] : [],
  );
  if ((base === 'varchar' || base === 'bpchar') && first !== undefined && TEXTS.test(column.type)) {
    const words = base === 'varchar' ? 'character varying' : 'character';
    return {
      type: `${words}(${first})`,
      // Spaces at the end are cut off without a word.
      broken: (own: string) => `char_length(rtrim(${own}::text, ' ')) > ${first}`,
    };
  }
  const words = { int2: 'smallint', int4: 'integer' }[base];
  const range = words === undefined ? undefined : RANGES[words];
  if (words === undefined || !range || !(column.type in RANGES)) return undefined;
  return { type: words, broken: (own: string) => `${own} NOT BETWEEN ${range[0]} AND ${range[1]}` };
}
