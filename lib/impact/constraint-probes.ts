import type { AlterTableCmd, Constraint, IndexStmt, Node } from 'libpg-query';
import type { RelationNames } from '@/lib/sql/relation-names';
import { stringsOf } from '@/lib/sql/syntax-tree';
import { type ExpressionUse, usesOf } from './askable-expression';
import type { StatementText } from './expression-text';
import type { LiveColumn, LiveRelation } from './live-relations';
import type { Place, Probe, ScriptSql } from './questions';
import { quoted } from './quoted-name';
import { liveTable, type SchemaSoFar, type Standing, sourceFor } from './schema-so-far';

/** A question, or why there is none: 'later' where the objects come into being by the plan itself. */
export type Asked = { probe: Probe } | { notLooked: string; later: boolean };

export interface StatementContext {
  place: Place;
  schema: SchemaSoFar;
  names: RelationNames;
  text: StatementText;
}

/** A table on the live target that the statement is about. */
interface On {
  context: StatementContext;
  standing: Standing;
  live: LiveRelation;
}

/** Which data of today would break ALTER TABLE … ADD CONSTRAINT, SET NOT NULL or ADD COLUMN. */
export function probeCommand(
  context: StatementContext,
  standing: Standing,
  command: AlterTableCmd,
): Asked[] {
  const { live } = standing;
  const { subtype, name = '', def } = command;
  const constraint = def && 'Constraint' in def ? def.Constraint : undefined;
  const column = def && 'ColumnDef' in def ? def.ColumnDef : undefined;
  const asks =
    (subtype === 'AT_AddConstraint' && constraint !== undefined && needsScan(constraint)) ||
    subtype === 'AT_SetNotNull' ||
    (subtype === 'AT_AddColumn' && column !== undefined && needsValue(column));
  if (!asks) return [];
  if (!live) return [later(`${words(standing)} is made by this plan, so it has no rows today.`)];
  const on = { context, standing, live };
  if (subtype === 'AT_SetNotNull') return [notNull(on, name)];
  if (column) return [newColumn(on, column.colname ?? '')];
  return constraint ? [probeConstraint(on, constraint)] : [];
}

function needsScan({ contype, skip_validation: unchecked, indexname: index }: Constraint): boolean {
  if (unchecked) return false;
  // An index that exists is unique already; only a primary key asks for NOT NULL besides.
  if (contype === 'CONSTR_UNIQUE') return index === undefined;
  return [
    'CONSTR_PRIMARY',
    'CONSTR_FOREIGN',
    'CONSTR_CHECK',
    'CONSTR_EXCLUSION',
    'CONSTR_NOTNULL',
  ].some((type) => type === contype);
}

const FILLED = new Set(['CONSTR_DEFAULT', 'CONSTR_GENERATED', 'CONSTR_IDENTITY']);
const SERIAL = /^(small|big)?serial[248]?$/;

/** A new column that must have a value and gets none. */
function needsValue({
  constraints,
  typeName,
}: {
  constraints?: Node[];
  typeName?: { names?: Node[] };
}) {
  const types = (constraints ?? []).flatMap((node) =>
    'Constraint' in node ? [node.Constraint.contype ?? ''] : [],
  );
  const required = types.some((type) => type === 'CONSTR_NOTNULL' || type === 'CONSTR_PRIMARY');
  if (!required || types.some((type) => FILLED.has(type))) return false;
  return !SERIAL.test(stringsOf(typeName?.names).at(-1) ?? '');
}

function probeConstraint(on: On, constraint: Constraint): Asked {
  switch (constraint.contype) {
    case 'CONSTR_UNIQUE':
      return uniqueKeys(on, stringsOf(constraint.keys), {
        what: 'the unique constraint',
        nullsCount: constraint.nulls_not_distinct === true,
      });
    case 'CONSTR_PRIMARY':
      if (constraint.indexname !== undefined) {
        return warn(
          `The primary key takes over the index ${constraint.indexname}. Whether its columns hold nulls was not looked at.`,
        );
      }
      return uniqueKeys(on, stringsOf(constraint.keys), {
        what: 'the primary key',
        nullsCount: false,
        notNull: true,
      });
    case 'CONSTR_NOTNULL':
      return notNull(on, stringsOf(constraint.keys)[0] ?? '');
    case 'CONSTR_FOREIGN':
      return foreignKey(on, constraint);
    case 'CONSTR_CHECK':
      return check(on, constraint);
    default:
      return warn(
        `Whether present rows of ${words(on.standing)} exclude each other was not looked at.`,
      );
  }
}

function notNull(on: On, name: string): Asked {
  const columns = columnsOf(on.standing, [name]);
  if (!Array.isArray(columns)) return columns;
  const table = words(on.standing);
  const [column] = columns;
  return ask(on, {
    sql: `SELECT count(*)::float8 AS n FROM ${liveTable(on.live)} WHERE ${quoted(column?.name ?? '')} IS NULL`,
    violated: ({ n = 0 }) =>
      `${rows(n)} of ${table} ${n === 1 ? 'has' : 'have'} no ${name}: NOT NULL would be refused.`,
    kept: `Every row of ${table} has a ${name}, so NOT NULL would be accepted.`,
  });
}

function newColumn(on: On, name: string): Asked {
  const table = words(on.standing);
  return ask(on, {
    sql: `SELECT count(*)::float8 AS n FROM ${liveTable(on.live)}`,
    violated: ({ n = 0 }) =>
      `${table} has ${rows(n)}, and the new column ${name} is NOT NULL without a default: it would be refused.`,
    kept: `${table} has no rows, so a new column ${name} without a default is accepted.`,
  });
}

interface UniqueOptions {
  what: string;
  nullsCount: boolean;
  notNull?: boolean;
}

function uniqueKeys(on: On, keys: string[], options: UniqueOptions): Asked {
  const columns = columnsOf(on.standing, keys);
  if (!Array.isArray(columns)) return columns;
  const values = columns.map(({ name }) => quoted(name));
  return ask(on, uniqueness(liveTable(on.live), values, words(on.standing), keys, options));
}

function uniqueness(
  source: string,
  values: readonly string[],
  table: string,
  keys: readonly string[],
  { what, nullsCount, notNull: required = false }: UniqueOptions,
) {
  const picked = values.map((value, i) => `(${value}\n) AS k${i}`).join(', ');
  const names = values.map((_, i) => `k${i}`);
  const filled = names.map((name) => `${name} IS NOT NULL`).join(' AND ');
  const key = `(${keys.join(', ')})`;
  const repeated = `(SELECT count(*) AS times FROM keyed ${nullsCount ? '' : `WHERE ${filled}`}
    GROUP BY ${names.join(', ')} HAVING count(*) > 1) repeated`;
  const empty = `(SELECT count(*) FROM keyed WHERE NOT (${filled}))`;
  return {
    sql: `WITH keyed AS (SELECT ${picked} FROM ${source})
SELECT found.values, found.rows, found.empty, found.values + found.empty AS n
FROM (SELECT count(*)::float8 AS values, coalesce(sum(times), 0)::float8 AS rows,
  ${required ? empty : '0'}::float8 AS empty FROM ${repeated}) found`,
    violated: ({ values: repeats = 0, rows: many = 0, empty: nulls = 0 }) => {
      const said = [
        repeats > 0 &&
          `${number(repeats)} ${repeats === 1 ? 'value' : 'values'} of ${key} in ${table} occur${repeats === 1 ? 's' : ''} more than once, in ${rows(many)}`,
        nulls > 0 && `${rows(nulls)} of ${table} ${nulls === 1 ? 'has' : 'have'} a null in ${key}`,
      ].filter((sentence) => sentence !== false);
      return `${said.join(', and ')}: ${what} would be refused.`;
    },
    kept: `No value of ${key} occurs twice in ${table}, so ${what} would be accepted.`,
  } satisfies Omit<Question, 'uses' | 'reads'>;
}

function foreignKey(on: On, constraint: Constraint): Asked {
  const { context } = on;
  if (!constraint.pktable) return warn('The foreign key names no table.');
  const target = context.schema.find(context.names.ofRange(constraint.pktable));
  const name = context.names.ofRange(constraint.pktable).qualified;
  if (!target) return later(`${name}, which it refers to, is not on the live target.`);
  if (!target.live) return later(`${name}, which it refers to, is made by this plan.`);
  const own = columnsOf(on.standing, stringsOf(constraint.fk_attrs));
  if (!Array.isArray(own)) return own;
  const listed = stringsOf(constraint.pk_attrs);
  const keys =
    listed.length > 0
      ? columnsOf(target, listed)
      : target.live.primaryKey.map((key) => ({ name: key }));
  if (!Array.isArray(keys)) return keys;
  if (keys.length !== own.length)
    return later(`The key of ${name} that it refers to is not on the live target.`);
  const matched = own.map(
    (column, i) => `other.${quoted(keys[i]?.name ?? '')} = own.${quoted(column.name)}`,
  );
  const all = (test: string) =>
    own.map(({ name: of }) => `own.${quoted(of)} ${test}`).join(' AND ');
  const full = constraint.fk_matchtype === 'f';
  const orphan = `${all('IS NOT NULL')} AND NOT EXISTS (SELECT FROM ${liveTable(target.live)} other WHERE ${matched.join(' AND ')})`;
  const mixed = full ? ` OR (NOT (${all('IS NULL')}) AND NOT (${all('IS NOT NULL')}))` : '';
  const table = words(on.standing);
  const columns = stringsOf(constraint.fk_attrs).join(', ');
  return ask(on, {
    sql: `SELECT count(*)::float8 AS n FROM ${liveTable(on.live)} own WHERE (${orphan})${mixed}`,
    reads: [target.live],
    changed: [target],
    violated: ({ n = 0 }) =>
      `${rows(n)} of ${table} ${n === 1 ? 'refers' : 'refer'} by (${columns}) to a row that ${words(target)} does not have: the foreign key would be refused.`,
    kept: `Every (${columns}) of ${table} is in ${words(target)}, so the foreign key would be accepted.`,
  });
}

function check(on: On, { raw_expr: expression, conname }: Constraint): Asked {
  const { context, standing, live } = on;
  const what = conname === undefined ? 'the check' : `the check ${conname}`;
  const text = expression && context.text.parenthesized('check', expression);
  if (!expression || text === undefined)
    return warn(`${sentence(what)} could not be taken out of the statement.`);
  return ask(on, {
    sql: `SELECT count(*)::float8 AS n FROM ${sourceFor(standing, live)} WHERE (${text}\n) IS FALSE`,
    uses: [usesOf(expression)],
    violated: ({ n = 0 }) =>
      `${rows(n)} of ${words(standing)} ${n === 1 ? 'does' : 'do'} not satisfy ${what}: it would be refused.`,
    kept: `Every row of ${words(standing)} satisfies ${what}, so it would be accepted.`,
  });
}

/** CREATE UNIQUE INDEX: expressions and a condition may be part of it. */
export function probeIndex(context: StatementContext, index: IndexStmt): Asked[] {
  if (!index.unique || !index.relation) return [];
  const name = context.names.ofRange(index.relation);
  const standing = context.schema.find(name);
  if (!standing) return [later(`${name.qualified} is not on the live target.`)];
  const { live } = standing;
  if (!live) return [later(`${words(standing)} is made by this plan, so it has no rows today.`)];
  const uses: ExpressionUse[] = [];
  const keys: string[] = [];
  const values: string[] = [];
  for (const node of index.indexParams ?? []) {
    if (!('IndexElem' in node)) continue;
    const { name: column, expr, collation } = node.IndexElem;
    const text = expr ? context.text.listed(expr) : undefined;
    if (expr && text === undefined)
      return [warn('An expression of the index could not be taken out of the statement.')];
    if (expr) uses.push(usesOf(expr));
    else {
      const found = columnsOf(standing, [column ?? '']);
      if (!Array.isArray(found)) return [found];
    }
    const collate = collation ? ` COLLATE ${stringsOf(collation).map(quoted).join('.')}` : '';
    keys.push(text ?? column ?? '');
    values.push(`${text === undefined ? quoted(column ?? '') : `(${text}\n)`}${collate}`);
  }
  let source = sourceFor(standing, live);
  if (index.whereClause) {
    const text = context.text.condition(index.whereClause);
    if (text === undefined)
      return [warn('The condition of the index could not be taken out of the statement.')];
    uses.push(usesOf(index.whereClause));
    source += ` WHERE (${text}\n)`;
  }
  const question = uniqueness(source, values, words(standing), keys, {
    what: 'the unique index',
    nullsCount: index.nulls_not_distinct === true,
  });
  return [ask({ context, standing, live }, { ...question, uses })];
}

interface Question {
  sql: string;
  uses?: ExpressionUse[];
  /** Further relations that it reads. */
  reads?: LiveRelation[];
  /** Their standings: rows of them may change before, too. */
  changed?: Standing[];
  violated: Probe['violated'];
  kept: string;
}

function ask(
  on: On,
  { sql, uses = [], reads = [], changed = [], violated, kept }: Question,
): Asked {
  const { context, standing, live } = on;
  const question: ScriptSql = {
    sql,
    uses,
    searchPath: [...context.schema.searchPath],
    reads: [live, ...reads],
  };
  const before = [standing, ...changed].find(({ rowsChangedAt }) => rowsChangedAt)?.rowsChangedAt;
  const remark =
    before &&
    (before.position === context.place.position
      ? `The statement at line ${before.line} changes rows first, so it may be otherwise by then.`
      : 'An earlier step of the plan changes rows first, so it may be otherwise by then.');
  return { probe: { place: context.place, relation: live, question, violated, kept, remark } };
}

/** The live columns behind names of the script; or that there are none yet. */
function columnsOf(
  standing: Standing,
  names: readonly string[],
): LiveColumn[] | Exclude<Asked, { probe: Probe }> {
  const columns: LiveColumn[] = [];
  for (const name of names) {
    const column = standing.columns.get(name);
    if (!column) {
      const made = standing.columns.has(name)
        ? 'is made by this plan'
        : 'is not on the live target';
      return later(`The column ${name} of ${words(standing)} ${made}.`);
    }
    columns.push(column);
  }
  return columns;
}

const later = (notLooked: string) => ({ notLooked, later: true });
const warn = (notLooked: string) => ({ notLooked, later: false });

/** A person knows the table by the name that the script uses. */
function words({ schema, name, live }: Standing): string {
  if (live && live.schema === schema && live.name === name) return live.qualified;
  return `${schema}.${name}`;
}

const number = (value: number): string => value.toLocaleString('en-US');
const rows = (n: number): string => `${number(n)} ${n === 1 ? 'row' : 'rows'}`;
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
