import type { ColumnDef, Constraint, CreateStmt, IndexStmt, Node } from 'libpg-query';
import { typeWords } from '../hazards/type-words';
import type { ResolvedName } from '../relation-names';
import { rangesOf, stringsOf } from '../syntax-tree';
import { isBuiltIn } from '../types/column-type';
import { implicitName } from './implicit-names';
import type { Mentions } from './mentions';
import type { Mention } from './touched-object';

/** A new table with its columns, constraints, and the indexes and sequences that come with them. */
export function createTable(statement: CreateStmt, say: Mentions): Mention[] {
  const { relation, tableElts, inhRelations, if_not_exists: tolerant = false } = statement;
  if (!relation) return [];
  const on = say.names.ofRange(relation);
  const parts = (tableElts ?? []).flatMap((node): Mention[] => {
    if ('ColumnDef' in node) return addColumn(node.ColumnDef, on, say);
    if ('Constraint' in node) return addConstraint(node.Constraint, on, say);
    if ('TableLikeClause' in node) return say.range(node.TableLikeClause.relation, 'names');
    return [];
  });
  const parents = rangesOf(inhRelations).flatMap((range) => say.range(range, 'names'));
  return [say.relation(on, 'creates', { tolerant }), ...parts, ...parents];
}

const SERIAL: Record<string, string> = {
  serial: 'integer',
  serial4: 'integer',
  bigserial: 'bigint',
  serial8: 'bigint',
  smallserial: 'smallint',
  serial2: 'smallint',
};

/** A column with what its definition brings along. */
export function addColumn(
  column: ColumnDef,
  on: ResolvedName,
  say: Mentions,
  tolerant = false,
): Mention[] {
  const { colname = '', typeName, constraints } = column;
  const written = typeName ? typeWords(typeName) : undefined;
  const serial = written === undefined ? undefined : SERIAL[written];
  const inline = (constraints ?? []).flatMap((node) =>
    'Constraint' in node ? [node.Constraint] : [],
  );
  const generates = serial !== undefined || inline.some((one) => one.contype === 'CONSTR_IDENTITY');
  const type = serial ?? written;
  const found = [say.part('column', on, colname, 'creates', { tolerant, ...(type && { type }) })];
  if (typeName) found.push(...namedType(stringsOf(typeName.names), say));
  if (generates) {
    const name = implicitName(on.name, [colname], 'seq');
    found.push(say.indexOf(on, name, 'creates', { implicit: true }));
  }
  return [...found, ...inline.flatMap((one) => addConstraint(one, on, say, colname))];
}

/** A type that the schema may define itself; PostgreSQL's own are nobody's. */
export function namedType(parts: readonly string[], say: Mentions): Mention[] {
  if (parts.length === 0 || parts[0] === 'pg_catalog') return [];
  if (parts.length === 1 && isBuiltIn(parts[0] ?? '')) return [];
  return [say.inSchema('type', parts, 'names')];
}

/** @param inlineColumn the column in whose definition the constraint stands */
export function addConstraint(
  constraint: Constraint,
  on: ResolvedName,
  say: Mentions,
  inlineColumn?: string,
): Mention[] {
  const { contype = '', conname, keys, fk_attrs: own, pktable, pk_attrs: their } = constraint;
  const label = LABELS[contype];
  if (label === undefined) return [];
  const listed = stringsOf(contype === 'CONSTR_FOREIGN' ? own : keys);
  const columns = inlineColumn === undefined ? listed : [inlineColumn];
  const named = contype === 'CONSTR_PRIMARY' ? [] : columns;
  const name = conname ?? constraint.indexname ?? implicitName(on.name, named, label);
  const implicit = conname === undefined && constraint.indexname === undefined;
  const covers = columns.map((column) => `${on.qualified}.${say.names.quote(column)}`);
  const more = { columns: covers, ...(implicit && { implicit }) };
  const found = [
    say.part('constraint', on, name, 'creates', more),
    ...(inlineColumn === undefined ? say.columns(on, columns, 'names') : []),
  ];
  if (INDEXED.has(contype)) found.push(say.indexOf(on, name, 'creates', more));
  if (constraint.indexname) found.push(say.indexOf(on, constraint.indexname, 'alters'));
  if (pktable) {
    const target = say.names.ofRange(pktable);
    found.push(say.relation(target, 'names'), ...say.columns(target, stringsOf(their), 'names'));
  }
  return found;
}

/** NOT NULL and DEFAULT are attributes of the column. */
const LABELS: Record<string, string> = {
  CONSTR_PRIMARY: 'pkey',
  CONSTR_UNIQUE: 'key',
  CONSTR_FOREIGN: 'fkey',
  CONSTR_CHECK: 'check',
  CONSTR_EXCLUSION: 'excl',
};
const INDEXED = new Set(['CONSTR_PRIMARY', 'CONSTR_UNIQUE', 'CONSTR_EXCLUSION']);

/** A new index, its table, and the columns that it stands on. */
export function createIndex(statement: IndexStmt, say: Mentions): Mention[] {
  const { relation, idxname, indexParams, indexIncludingParams } = statement;
  if (!relation) return [];
  const on = say.names.ofRange(relation);
  const keys = (indexParams ?? []).map(elementName);
  const columns = [...keys, ...(indexIncludingParams ?? []).map(elementName)].flatMap((name) =>
    name === undefined ? [] : [name],
  );
  const name =
    idxname ??
    implicitName(
      on.name,
      keys.map((key) => key ?? 'expr'),
      'idx',
    );
  return [
    say.indexOf(on, name, 'creates', {
      tolerant: statement.if_not_exists ?? false,
      columns: columns.map((column) => `${on.qualified}.${say.names.quote(column)}`),
      ...(idxname === undefined && { implicit: true }),
    }),
    say.relation(on, 'names'),
    ...say.columns(on, columns, 'names'),
  ];
}

function elementName(node: Node): string | undefined {
  return 'IndexElem' in node ? node.IndexElem.name : undefined;
}
