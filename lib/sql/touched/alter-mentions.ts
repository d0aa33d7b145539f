import type {
  AlterObjectSchemaStmt,
  AlterTableCmd,
  AlterTableStmt,
  Node,
  RenameStmt,
} from 'libpg-query';
import { typeWords } from '../hazards/type-words';
import type { ResolvedName } from '../relation-names';
import { stringsOf } from '../syntax-tree';
import type { Mentions } from './mentions';
import { objectMention } from './object-mention';
import { addColumn, addConstraint, namedType } from './table-mentions';
import type { Mention, ObjectSort } from './touched-object';

/** ALTER TABLE and its kin: the relation, and what each command does to which part. */
export function alterTable(statement: AlterTableStmt, say: Mentions): Mention[] {
  const { relation, objtype, cmds, missing_ok: tolerant = false } = statement;
  if (!relation) return [];
  const on = say.names.ofRange(relation);
  const sort: ObjectSort = objtype === 'OBJECT_TYPE' ? 'type' : 'relation';
  const parts = (cmds ?? []).flatMap((node) =>
    'AlterTableCmd' in node ? command(node.AlterTableCmd, on, say) : [],
  );
  return [{ sort, name: on.qualified, effect: 'alters', tolerant }, ...parts];
}

function command(cmd: AlterTableCmd, on: ResolvedName, say: Mentions): Mention[] {
  const { subtype = '', name = '', def, behavior, missing_ok: tolerant = false } = cmd;
  const cascades = behavior === 'DROP_CASCADE';
  switch (subtype) {
    case 'AT_AddColumn':
      return def && 'ColumnDef' in def ? addColumn(def.ColumnDef, on, say, tolerant) : [];
    case 'AT_DropColumn':
      return [say.part('column', on, name, 'drops', { tolerant, cascades })];
    case 'AT_AlterColumnType':
      return retype(name, def, on, say);
    case 'AT_AddConstraint':
      return def && 'Constraint' in def ? addConstraint(def.Constraint, on, say) : [];
    case 'AT_DropConstraint':
      return [say.part('constraint', on, name, 'drops', { tolerant, cascades })];
    case 'AT_ValidateConstraint':
      return [say.part('constraint', on, name, 'alters')];
    case 'AT_AlterConstraint':
      return def && 'ATAlterConstraint' in def && def.ATAlterConstraint.conname
        ? [say.part('constraint', on, def.ATAlterConstraint.conname, 'alters')]
        : [];
    case 'AT_ClusterOn':
      return [say.indexOf(on, name, 'names')];
    case 'AT_AttachPartition':
    case 'AT_DetachPartition':
      return def && 'PartitionCmd' in def ? say.range(def.PartitionCmd.name, 'alters') : [];
    case 'AT_AddInherit':
    case 'AT_DropInherit':
      return def && 'RangeVar' in def ? say.range(def.RangeVar, 'names') : [];
    default:
      if (name === '') return [];
      if (/^AT_(Enable|Disable)(Always|Replica)?Trig$/.test(subtype)) {
        return [say.part('trigger', on, name, 'alters')];
      }
      if (/^AT_(Enable|Disable)(Always|Replica)?Rule$/.test(subtype)) {
        return [say.part('rule', on, name, 'alters')];
      }
      return COLUMN_COMMANDS.has(subtype) ? [say.part('column', on, name, 'alters')] : [];
  }
}

const COLUMN_COMMANDS = new Set([
  'AT_ColumnDefault',
  'AT_DropNotNull',
  'AT_SetNotNull',
  'AT_SetExpression',
  'AT_DropExpression',
  'AT_SetStatistics',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_SetStorage',
  'AT_SetCompression',
  'AT_AddIdentity',
  'AT_SetIdentity',
  'AT_DropIdentity',
]);

function retype(column: string, def: Node | undefined, on: ResolvedName, say: Mentions): Mention[] {
  const type = def && 'ColumnDef' in def ? def.ColumnDef.typeName : undefined;
  if (!type) return [say.part('column', on, column, 'alters')];
  return [
    say.part('column', on, column, 'alters', { type: typeWords(type) }),
    ...namedType(stringsOf(type.names), say),
  ];
}

/** The old name goes, the new one comes. */
export function rename(statement: RenameStmt, say: Mentions): Mention[] {
  const { renameType = '', relation, object, subname, newname = '' } = statement;
  const tolerant = statement.missing_ok ?? false;
  const sort = RENAMED_PARTS[renameType];
  if (relation && sort && subname !== undefined) {
    const on = say.names.ofRange(relation);
    return [
      say.relation(on, 'alters', { tolerant }),
      say.part(sort, on, subname, 'drops', { tolerant }),
      say.part(sort, on, newname, 'creates'),
    ];
  }
  if (relation && renameType === 'OBJECT_ATTRIBUTE') {
    return [{ sort: 'type', name: say.names.ofRange(relation).qualified, effect: 'alters' }];
  }
  if (relation) {
    const old = say.names.ofRange(relation);
    return [
      say.relation(old, 'drops', { tolerant }),
      say.relation(say.names.ofParts([old.schema, newname]), 'creates'),
    ];
  }
  const [old] = object
    ? objectMention(renameType, object, 'drops', say, { tolerant })
    : objectMention(renameType, { String: { sval: subname ?? '' } }, 'drops', say);
  if (!old) return [];
  const schema = /^(.*)\./s.exec(old.name)?.[0] ?? '';
  return [old, { sort: old.sort, name: `${schema}${say.names.quote(newname)}`, effect: 'creates' }];
}

const RENAMED_PARTS: Record<string, ObjectSort> = {
  OBJECT_COLUMN: 'column',
  OBJECT_TABCONSTRAINT: 'constraint',
  OBJECT_TRIGGER: 'trigger',
  OBJECT_POLICY: 'policy',
  OBJECT_RULE: 'rule',
};

/** SET SCHEMA: gone there, come here. */
export function moveToSchema(statement: AlterObjectSchemaStmt, say: Mentions): Mention[] {
  const { relation, object, objectType = '', newschema = '', missing_ok: tolerant } = statement;
  const more = { tolerant: tolerant ?? false };
  const [old] = relation
    ? say.range(relation, 'drops', more)
    : object
      ? objectMention(objectType, object, 'drops', say, more)
      : [];
  if (!old) return [];
  if (old.sort === 'extension') return [{ ...old, effect: 'alters' }];
  const own = relation ? say.names.quote(relation.relname ?? '') : afterLastDot(old.name);
  return [
    old,
    { sort: old.sort, name: `${say.names.quote(newschema)}.${own}`, effect: 'creates' },
    say.global('schema', newschema, 'names'),
  ];
}

/** The own name of a printed one; a dot inside of quotes belongs to it. */
function afterLastDot(printed: string): string {
  return /(?:"(?:[^"]|"")*"|[^".]*)$/.exec(printed)?.[0] ?? printed;
}
