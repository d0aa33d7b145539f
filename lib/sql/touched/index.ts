import type { Node, RangeVar } from 'libpg-query';
import type { RelationNames } from '../relation-names';
import { rangesOf, stringOf, stringsOf } from '../syntax-tree';
import { alterTable, moveToSchema, rename } from './alter-mentions';
import { Mentions } from './mentions';
import { objectMention } from './object-mention';
import { createIndex, createTable } from './table-mentions';
import type { Effect, Mention, ObjectSort } from './touched-object';

export type { Effect, Mention, TouchedObject } from './touched-object';
export { keyOf } from './touched-object';

/** What one executed node says by name. Temporary relations are nobody else's, and left out. */
export function mentionsOf(node: Node, names: RelationNames): Mention[] {
  const say = new Mentions(names);
  return (
    tables(node, say) ??
    rows(node, say) ??
    attached(node, say) ??
    inSchemas(node, say) ??
    beyond(node, say) ??
    []
  );
}

const isTemporary = (range: RangeVar | undefined) => range?.relpersistence === 't';

function tables(node: Node, say: Mentions): Mention[] | undefined {
  if ('CreateStmt' in node) {
    return isTemporary(node.CreateStmt.relation) ? [] : createTable(node.CreateStmt, say);
  }
  if ('CreateForeignTableStmt' in node) {
    const { base } = node.CreateForeignTableStmt;
    return base ? createTable(base, say) : [];
  }
  if ('CreateTableAsStmt' in node) {
    const { into, if_not_exists: tolerant = false } = node.CreateTableAsStmt;
    return isTemporary(into?.rel) ? [] : say.range(into?.rel, 'creates', { tolerant });
  }
  if ('SelectStmt' in node) {
    const into = node.SelectStmt.intoClause?.rel;
    return isTemporary(into) ? [] : say.range(into, 'creates');
  }
  if ('ViewStmt' in node) {
    const { view } = node.ViewStmt;
    return isTemporary(view) ? [] : say.range(view, 'creates');
  }
  if ('IndexStmt' in node) return createIndex(node.IndexStmt, say);
  if ('AlterTableStmt' in node) return alterTable(node.AlterTableStmt, say);
  if ('RenameStmt' in node) return rename(node.RenameStmt, say);
  if ('AlterObjectSchemaStmt' in node) return moveToSchema(node.AlterObjectSchemaStmt, say);
  if ('CreateSeqStmt' in node) {
    const { sequence, if_not_exists: tolerant = false } = node.CreateSeqStmt;
    return isTemporary(sequence) ? [] : say.range(sequence, 'creates', { tolerant });
  }
  if ('AlterSeqStmt' in node) {
    const tolerant = node.AlterSeqStmt.missing_ok ?? false;
    return say.range(node.AlterSeqStmt.sequence, 'alters', { tolerant });
  }
  if ('RefreshMatViewStmt' in node)
    return say.range(node.RefreshMatViewStmt.relation, 'writes_rows');
  return undefined;
}

function rows(node: Node, say: Mentions): Mention[] | undefined {
  const write = (range: RangeVar | undefined, targets?: readonly Node[]): Mention[] => {
    if (!range) return [];
    const on = say.names.ofRange(range);
    const columns = (targets ?? []).flatMap((one) =>
      'ResTarget' in one && one.ResTarget.name ? [one.ResTarget.name] : [],
    );
    return [say.relation(on, 'writes_rows'), ...say.columns(on, columns, 'writes_rows')];
  };
  if ('InsertStmt' in node) return write(node.InsertStmt.relation, node.InsertStmt.cols);
  if ('UpdateStmt' in node) return write(node.UpdateStmt.relation, node.UpdateStmt.targetList);
  if ('DeleteStmt' in node) return write(node.DeleteStmt.relation);
  if ('MergeStmt' in node) return write(node.MergeStmt.relation);
  if ('CopyStmt' in node) return node.CopyStmt.is_from ? write(node.CopyStmt.relation) : [];
  if ('TruncateStmt' in node) {
    const { relations, behavior } = node.TruncateStmt;
    const cascades = behavior === 'DROP_CASCADE';
    return rangesOf(relations).flatMap((range) => say.range(range, 'writes_rows', { cascades }));
  }
  if ('LockStmt' in node) {
    return rangesOf(node.LockStmt.relations).flatMap((range) => say.range(range, 'names'));
  }
  return undefined;
}

/** Triggers, policies and rules, which stand on a relation. */
function attached(node: Node, say: Mentions): Mention[] | undefined {
  const on = (
    sort: ObjectSort,
    range: RangeVar | undefined,
    name: string | undefined,
    effect: Effect,
  ): Mention[] => {
    if (!range || name === undefined) return [];
    const relation = say.names.ofRange(range);
    return [say.part(sort, relation, name, effect), say.relation(relation, 'names')];
  };
  if ('CreateTrigStmt' in node) {
    const { relation, trigname, funcname } = node.CreateTrigStmt;
    const routine = say.inSchema('routine', stringsOf(funcname), 'names');
    return [...on('trigger', relation, trigname, 'creates'), routine];
  }
  if ('CreatePolicyStmt' in node) {
    return on('policy', node.CreatePolicyStmt.table, node.CreatePolicyStmt.policy_name, 'creates');
  }
  if ('AlterPolicyStmt' in node) {
    return on('policy', node.AlterPolicyStmt.table, node.AlterPolicyStmt.policy_name, 'alters');
  }
  if ('RuleStmt' in node) {
    const { relation, rulename } = node.RuleStmt;
    return on('rule', relation, rulename, 'creates');
  }
  return undefined;
}

function inSchemas(node: Node, say: Mentions): Mention[] | undefined {
  const type = (parts: readonly Node[] | undefined, effect: Effect): Mention[] => [
    say.inSchema('type', stringsOf(parts), effect),
  ];
  if ('CreateEnumStmt' in node) return type(node.CreateEnumStmt.typeName, 'creates');
  if ('AlterEnumStmt' in node) return type(node.AlterEnumStmt.typeName, 'alters');
  if ('CreateRangeStmt' in node) return type(node.CreateRangeStmt.typeName, 'creates');
  if ('CreateDomainStmt' in node) return type(node.CreateDomainStmt.domainname, 'creates');
  if ('AlterDomainStmt' in node) return type(node.AlterDomainStmt.typeName, 'alters');
  if ('AlterTypeStmt' in node) return type(node.AlterTypeStmt.typeName, 'alters');
  if ('CompositeTypeStmt' in node) {
    const range = node.CompositeTypeStmt.typevar;
    if (!range) return [];
    return [{ sort: 'type', name: say.names.ofRange(range).qualified, effect: 'creates' }];
  }
  if ('CreateFunctionStmt' in node) {
    return [say.inSchema('routine', stringsOf(node.CreateFunctionStmt.funcname), 'creates')];
  }
  if ('AlterFunctionStmt' in node) {
    const parts = stringsOf(node.AlterFunctionStmt.func?.objname);
    return [say.inSchema('routine', parts, 'alters')];
  }
  if ('DefineStmt' in node) {
    const { kind = '', defnames = [], if_not_exists: tolerant = false } = node.DefineStmt;
    return objectMention(kind, { List: { items: defnames } }, 'creates', say, { tolerant });
  }
  if ('CreateStatsStmt' in node) {
    const { defnames, relations, if_not_exists: tolerant = false } = node.CreateStatsStmt;
    return [
      ...(defnames ? [say.inSchema('other', stringsOf(defnames), 'creates', { tolerant })] : []),
      ...rangesOf(relations).flatMap((range) => say.range(range, 'names')),
    ];
  }
  return undefined;
}

/** What lives outside of schemas, and the statements that take any kind of object. */
function beyond(node: Node, say: Mentions): Mention[] | undefined {
  if ('DropStmt' in node) {
    const { removeType = '', objects, missing_ok: tolerant = false, behavior } = node.DropStmt;
    const more = { tolerant, cascades: behavior === 'DROP_CASCADE' };
    return (objects ?? []).flatMap((one) => objectMention(removeType, one, 'drops', say, more));
  }
  if ('CommentStmt' in node) {
    const { objtype = '', object } = node.CommentStmt;
    return object ? objectMention(objtype, object, 'alters', say) : [];
  }
  if ('AlterOwnerStmt' in node) {
    const { objectType = '', object } = node.AlterOwnerStmt;
    return object ? objectMention(objectType, object, 'alters', say) : [];
  }
  if ('GrantStmt' in node) {
    const { objtype = '', objects, targtype } = node.GrantStmt;
    const inSchema = targtype === 'ACL_TARGET_ALL_IN_SCHEMA';
    return (objects ?? []).flatMap((one) =>
      objectMention(inSchema ? 'OBJECT_SCHEMA' : objtype, one, 'alters', say),
    );
  }
  if ('CreateSchemaStmt' in node) {
    const { schemaname, if_not_exists: tolerant = false } = node.CreateSchemaStmt;
    return schemaname ? [say.global('schema', schemaname, 'creates', { tolerant })] : [];
  }
  if ('CreateExtensionStmt' in node) {
    const { extname = '', if_not_exists: tolerant = false } = node.CreateExtensionStmt;
    return [say.global('extension', extname, 'creates', { tolerant })];
  }
  if ('AlterExtensionStmt' in node) {
    return [say.global('extension', node.AlterExtensionStmt.extname ?? '', 'alters')];
  }
  if ('CreateRoleStmt' in node) {
    return [say.global('role', node.CreateRoleStmt.role ?? '', 'creates')];
  }
  if ('AlterRoleStmt' in node) return role(node.AlterRoleStmt.role?.rolename, say);
  if ('AlterRoleSetStmt' in node) return role(node.AlterRoleSetStmt.role?.rolename, say);
  if ('DropRoleStmt' in node) {
    const { roles, missing_ok: tolerant = false } = node.DropRoleStmt;
    return (roles ?? []).flatMap((one) =>
      'RoleSpec' in one && one.RoleSpec.rolename
        ? [say.global('role', one.RoleSpec.rolename, 'drops', { tolerant })]
        : [],
    );
  }
  if ('GrantRoleStmt' in node) {
    return (node.GrantRoleStmt.granted_roles ?? []).flatMap((one) => {
      const name = 'AccessPriv' in one ? one.AccessPriv.priv_name : stringOf(one);
      return role(name, say);
    });
  }
  if ('CreatePublicationStmt' in node) {
    return [say.global('other', node.CreatePublicationStmt.pubname ?? '', 'creates')];
  }
  if ('AlterPublicationStmt' in node) {
    return [say.global('other', node.AlterPublicationStmt.pubname ?? '', 'alters')];
  }
  if ('CreateEventTrigStmt' in node) {
    return [say.global('other', node.CreateEventTrigStmt.trigname ?? '', 'creates')];
  }
  return undefined;
}

function role(name: string | undefined, say: Mentions): Mention[] {
  return name === undefined ? [] : [say.global('role', name, 'alters')];
}
