import type { Node, RangeVar } from 'libpg-query';
import { loadParser, ParserOverflow, type PostgresParser } from '@/lib/sql/postgres-parser';
import { stringsOf } from '@/lib/sql/syntax-tree';
import { commandsOf } from './commands';
import type { Column, Table } from './table-shape';

/** How a table and its columns are called once what is undone has been done again. */
export interface NamesBefore {
  table: string;
  /** For `pg_get_serial_sequence`, which takes the bare name. */
  bare(column: Column): string;
  column(column: Column): string;
  /** What a text is cast to. */
  type(column: Column): string;
}

/** Walked from the last to the first, each says what a name was before it. */
type Rename =
  | { what: 'table'; schema: string | undefined; from: string; to: string }
  | { what: 'column'; schema: string | undefined; table: string; from: string; to: string }
  | { what: 'schema'; from: string; to: string }
  | { what: 'table moved'; table: string; from: string; to: string }
  | { what: 'type'; schema: string | undefined; from: string; to: string };

const MAY_RENAME = /\brename\b|\bset\s+schema\b/i;

/** The renames among the statements that ran before, in their order. @throws nothing that a script can cause */
export async function readRenames(earlier: readonly { text: string }[]): Promise<Rename[]> {
  const renames: Rename[] = [];
  for (const { text } of earlier) {
    if (!MAY_RENAME.test(text)) continue;
    try {
      renames.push(...renamesIn(await loadParser(), text));
    } catch (error) {
      if (!(error instanceof ParserOverflow)) throw error;
    }
  }
  return renames;
}

function renamesIn(parser: PostgresParser, text: string): Rename[] {
  const outcome = parser.parse(text);
  if (!outcome.ok) return [];
  return outcome.statements.flatMap(({ node }) =>
    commandsOf(parser, text, node).commands.flatMap((command) => renameIn(command.node) ?? []),
  );
}

function renameIn(node: Node): Rename | undefined {
  if ('RenameStmt' in node) {
    const {
      renameType,
      relationType,
      relation,
      subname = '',
      newname = '',
      object,
    } = node.RenameStmt;
    if (renameType === 'OBJECT_SCHEMA') return { what: 'schema', from: subname, to: newname };
    if (renameType === 'OBJECT_TYPE' || renameType === 'OBJECT_DOMAIN') {
      const parts = object && 'List' in object ? stringsOf(object.List.items) : [];
      return { what: 'type', schema: parts.at(-2), from: parts.at(-1) ?? '', to: newname };
    }
    if (!relation) return undefined;
    const { schema, name } = nameOf(relation);
    if (renameType === 'OBJECT_TABLE') return { what: 'table', schema, from: name, to: newname };
    if (renameType === 'OBJECT_COLUMN' && relationType === 'OBJECT_TABLE')
      return { what: 'column', schema, table: name, from: subname, to: newname };
  }
  if ('AlterObjectSchemaStmt' in node) {
    const { objectType, relation, newschema = '' } = node.AlterObjectSchemaStmt;
    if (objectType !== 'OBJECT_TABLE' || relation?.schemaname === undefined) return undefined;
    const { schema = '', name } = nameOf(relation);
    return { what: 'table moved', table: name, from: schema, to: newschema };
  }
  return undefined;
}

const nameOf = ({ schemaname, relname = '' }: RangeVar) => ({ schema: schemaname, name: relname });

/** The names that a table and its columns had before all of these. */
export function namesBefore(table: Table, renames: readonly Rename[]): NamesBefore {
  let { schema, name } = table;
  const columns = new Map(table.columns.map((column) => [column.number, column.name]));
  const types = new Map(table.columns.map((column) => [column.number, { ...column.ownType }]));
  for (const rename of [...renames].reverse()) {
    const here =
      'schema' in rename && rename.schema !== undefined ? rename.schema === schema : true;
    if (rename.what === 'schema') {
      if (schema === rename.to) schema = rename.from;
      for (const type of types.values()) if (type.schema === rename.to) type.schema = rename.from;
    } else if (rename.what === 'table moved') {
      if (schema === rename.to && name === rename.table) schema = rename.from;
    } else if (rename.what === 'table') {
      if (here && name === rename.to) name = rename.from;
    } else if (rename.what === 'column') {
      if (!here || name !== rename.table) continue;
      for (const [number, current] of columns)
        if (current === rename.to) columns.set(number, rename.from);
    } else {
      for (const type of types.values())
        if (type.name === rename.to && (rename.schema ?? type.schema) === type.schema)
          type.name = rename.from;
    }
  }
  const bare = ({ number, name: current }: Column) => columns.get(number) ?? current;
  const same = schema === table.schema && name === table.name;
  return {
    table: same ? table.qualified : `${quoted(schema)}.${quoted(name)}`,
    bare,
    column: (column) => (bare(column) === column.name ? column.quoted : quoted(bare(column))),
    type: (column) => {
      const then = types.get(column.number) ?? column.ownType;
      const { schema: of, name: type } = column.ownType;
      if (then.schema === of && then.name === type) return column.castTo;
      return `${quoted(then.schema)}.${quoted(then.name)}${column.castTo.endsWith('[]') ? '[]' : ''}`;
    },
  };
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
