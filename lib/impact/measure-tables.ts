import type { Amount } from '@/lib/core/evidence';
import type { PostgresParser } from '@/lib/sql/postgres-parser';
import { walk } from '@/lib/sql/syntax-tree';
import { type ColumnStatistics, readStatistics } from './column-statistics';
import { refusalWords, whyNotRead } from './countable';
import { type LiveColumn, type LiveRelation, seeHolders } from './live-relations';
import type { LiveSession } from './live-session';
import { quoted } from './quoted-name';
import { liveTable } from './schema-so-far';

export interface ColumnAmounts {
  nonNull: Amount;
  differs: Amount;
  bytes: Amount;
}

/** What was found out about one relation and those of its columns that are lost. */
export interface Measured {
  rows: Amount;
  bytes: number;
  columns: Map<string, ColumnAmounts>;
}

export const counted = (value: number): Amount => ({ value, estimate: false, source: 'counted' });
export const unknown = (source: string): Amount => ({ value: null, estimate: false, source });
const estimated = (value: number, source: string): Amount => ({
  value: Math.round(value),
  estimate: true,
  source,
});

/**
 * Measures one relation in one pass over its rows, or by PostgreSQL's statistics where it can't be read.
 * @param problems gets a sentence when it can't be read for a reason that a person may mend
 * @throws Error when the connection is gone
 */
export async function measure(
  session: LiveSession,
  parser: PostgresParser,
  relation: LiveRelation,
  columns: readonly LiveColumn[],
  problems: Set<string>,
): Promise<Measured> {
  const obstacle = whyNotRead(relation);
  if (obstacle?.short === 'not filled')
    return { rows: counted(0), bytes: relation.bytes, columns: new Map() };
  if (obstacle) {
    if (obstacle.short !== 'too large') problems.add(obstacle.sentence);
    return estimate(session, parser, relation, columns, obstacle.short);
  }
  const found = await session.ask<Record<string, number | null>>(
    passSql(parser, relation, columns),
  );
  const [row] = found.ok ? found.rows : [];
  if (row) return read(row, relation, columns);
  const words = found.ok ? 'no answer came' : refusalWords(found);
  if (!found.ok && found.why === 'locked') await seeHolders(session, [relation]);
  const sentence = whyNotRead(relation)?.sentence;
  // That the whole look is over is said once, not for every table.
  if (!session.isOver())
    problems.add(sentence ?? `${relation.qualified} could not be counted: ${words}.`);
  return estimate(
    session,
    parser,
    relation,
    columns,
    found.ok || found.why === 'time' ? 'timed out' : words,
  );
}

function passSql(
  parser: PostgresParser,
  relation: LiveRelation,
  columns: readonly LiveColumn[],
): string {
  const aggregates = columns.flatMap((column, i) => {
    const own = quoted(column.name);
    const value = constantDefault(parser, column);
    return [
      `count(${own})::float8 AS n${i}`,
      `coalesce(sum(pg_column_size(${own})), 0)::float8 AS b${i}`,
      ...(value === undefined
        ? []
        : [`count(*) FILTER (WHERE ${differing(column, value)})::float8 AS d${i}`]),
    ];
  });
  return `SELECT ${['count(*)::float8 AS rows', ...aggregates].join(',\n  ')}\nFROM ${liveTable(relation)}`;
}

function differing(column: LiveColumn, value: string): string {
  const own = quoted(column.name);
  if (value === '') return `${own} IS NOT NULL`;
  const wanted = `(${value})::${column.type}`;
  return column.comparable
    ? `${own} IS NOT NULL AND ${own} IS DISTINCT FROM ${wanted}`
    : `${own} IS NOT NULL AND ${own}::text IS DISTINCT FROM ${wanted}::text`;
}

/**
 * A default that is the same for every row: constants, casts and arrays of them. No default is null.
 * @returns '' for no default, undefined for one that is computed
 */
function constantDefault(parser: PostgresParser, column: LiveColumn): string | undefined {
  if (column.generated) return undefined;
  if (column.default === undefined) return '';
  const outcome = parser.parse(`SELECT ${column.default}`);
  if (!outcome.ok || outcome.statements.length !== 1) return undefined;
  const computes = outcome.statements.some(({ node }) =>
    [...walk(node, () => true)].some(({ kind }) => !CONSTANT.has(kind)),
  );
  return computes ? undefined : column.default;
}

const CONSTANT = new Set([
  'SelectStmt',
  'ResTarget',
  'A_Const',
  'TypeCast',
  'A_ArrayExpr',
  'String',
  'Integer',
]);

function read(
  row: Record<string, number | null>,
  relation: LiveRelation,
  columns: readonly LiveColumn[],
): Measured {
  return {
    rows: counted(row.rows ?? 0),
    bytes: relation.bytes,
    columns: new Map(
      columns.map((column, i) => {
        const differs = row[`d${i}`];
        return [
          column.name,
          {
            nonNull: counted(row[`n${i}`] ?? 0),
            differs: typeof differs === 'number' ? counted(differs) : unknown(whyNoDefault(column)),
            bytes: counted(row[`b${i}`] ?? 0),
          },
        ];
      }),
    ),
  };
}

const whyNoDefault = (column: LiveColumn): string =>
  column.generated ? 'its values are generated' : 'its default is computed for each row';

async function estimate(
  session: LiveSession,
  parser: PostgresParser,
  relation: LiveRelation,
  columns: readonly LiveColumn[],
  reason: string,
): Promise<Measured> {
  const { analyzedRows } = relation;
  const rows = analyzedRows === null ? unknown(reason) : estimated(analyzedRows, 'pg_class');
  const amounts = new Map<string, ColumnAmounts>();
  if (columns.length > 0) {
    const wanted = columns.map((column) => ({ column, value: constantDefault(parser, column) }));
    const statistics = await readStatistics(session, relation, wanted);
    for (const column of columns) {
      amounts.set(
        column.name,
        byStatistics(column, analyzedRows, statistics.get(column.name), reason),
      );
    }
  }
  return { rows, bytes: relation.bytes, columns: amounts };
}

function byStatistics(
  column: LiveColumn,
  rows: number | null,
  statistics: ColumnStatistics | undefined,
  reason: string,
): ColumnAmounts {
  if (rows === null || !statistics) {
    return { nonNull: unknown(reason), differs: unknown(reason), bytes: unknown(reason) };
  }
  const { nullShare, defaultShare, width } = statistics;
  const nonNull = rows * (1 - nullShare);
  return {
    nonNull: estimated(nonNull, 'pg_stats'),
    differs:
      defaultShare === undefined
        ? unknown(whyNoDefault(column))
        : estimated(Math.max(0, nonNull - rows * defaultShare), 'pg_stats'),
    bytes: estimated(nonNull * width, 'pg_stats'),
  };
}
