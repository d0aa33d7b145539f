import type {
  AlterTableStmt,
  Constraint,
  CreateStmt,
  Node,
  RangeVar,
  VacuumStmt,
} from 'libpg-query';
import { nonTransactional } from '../non-transactional';
import { ON_A_TABLE, RELATIONS } from '../object-kinds';
import type { RelationNames, ResolvedName } from '../relation-names';
import { rangesOf, stringOf, stringsOf } from '../syntax-tree';

/** PostgreSQL's table locks from the one that writing rows takes, weakest first. */
const MODES = [
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const;
export type LockMode = (typeof MODES)[number];

/** The strongest lock that a statement takes on one relation. */
export interface TakenLock {
  lock: LockMode;
  /** Undefined where only the catalog knows the table: DROP INDEX. */
  on: ResolvedName | undefined;
  /** Held while the table is read or written anew, not only for a moment. */
  long?: boolean;
}

/** The locks of one statement, by the relation's printed name; '' where only the catalog knows it. */
export function takenLocks(nodes: Iterable<Node>, names: RelationNames): Map<string, TakenLock> {
  const strongest = new Map<string, TakenLock>();
  for (const node of nodes) {
    for (const taken of locksOf(node, names)) {
      const key = taken.on?.qualified ?? '';
      const known = strongest.get(key);
      const stronger = known && isAtLeast(known.lock, taken.lock) ? known : taken;
      strongest.set(key, { ...stronger, long: (taken.long || known?.long) ?? false });
    }
  }
  return strongest;
}

/** Whether the first lock keeps out all that the second one does. */
export function isAtLeast(lock: LockMode, other: LockMode): boolean {
  return MODES.indexOf(lock) >= MODES.indexOf(other);
}

function locksOf(node: Node, names: RelationNames): TakenLock[] {
  const take = (
    lock: LockMode,
    range: RangeVar | undefined,
    options: { long?: boolean } = {},
  ): TakenLock[] => {
    if (!range || range.relpersistence === 't') return [];
    return [{ lock, on: names.ofRange(range), ...options }];
  };
  if ('AlterTableStmt' in node) return alterTable(node.AlterTableStmt, names);
  if ('DropStmt' in node) return dropped(node, names);
  if ('TruncateStmt' in node) {
    return rangesOf(node.TruncateStmt.relations).flatMap((range) =>
      take('ACCESS EXCLUSIVE', range),
    );
  }
  if ('InsertStmt' in node) return take('ROW EXCLUSIVE', node.InsertStmt.relation);
  if ('UpdateStmt' in node) return take('ROW EXCLUSIVE', node.UpdateStmt.relation);
  if ('DeleteStmt' in node) return take('ROW EXCLUSIVE', node.DeleteStmt.relation);
  if ('MergeStmt' in node) return take('ROW EXCLUSIVE', node.MergeStmt.relation);
  if ('IndexStmt' in node) {
    const { relation, concurrent } = node.IndexStmt;
    return take(concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE', relation, { long: true });
  }
  if ('ReindexStmt' in node) {
    const lock = nonTransactional(node) ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE';
    if (node.ReindexStmt.kind !== 'REINDEX_OBJECT_TABLE') {
      const whole = node.ReindexStmt.kind !== 'REINDEX_OBJECT_INDEX';
      return [{ lock: whole ? 'SHARE' : lock, on: undefined, long: true }];
    }
    return take(lock, node.ReindexStmt.relation, { long: true });
  }
  if ('VacuumStmt' in node && node.VacuumStmt.is_vacuumcmd) {
    const full = isFull(node.VacuumStmt);
    return vacuumed(node.VacuumStmt).flatMap((range) =>
      take(full ? 'ACCESS EXCLUSIVE' : 'SHARE UPDATE EXCLUSIVE', range, { long: true }),
    );
  }
  if ('CreateTrigStmt' in node) return take('SHARE ROW EXCLUSIVE', node.CreateTrigStmt.relation);
  if ('CreateStmt' in node) return createTable(node.CreateStmt, names);
  if ('CreatePolicyStmt' in node) return take('ACCESS EXCLUSIVE', node.CreatePolicyStmt.table);
  if ('AlterPolicyStmt' in node) return take('ACCESS EXCLUSIVE', node.AlterPolicyStmt.table);
  if ('RuleStmt' in node) return take('ACCESS EXCLUSIVE', node.RuleStmt.relation);
  if ('ClusterStmt' in node) {
    return take('ACCESS EXCLUSIVE', node.ClusterStmt.relation, { long: true });
  }
  if ('RefreshMatViewStmt' in node) {
    const { concurrent, relation } = node.RefreshMatViewStmt;
    return take(concurrent ? 'EXCLUSIVE' : 'ACCESS EXCLUSIVE', relation, { long: true });
  }
  if ('RenameStmt' in node) {
    const { renameType = '', relationType = '', relation } = node.RenameStmt;
    const renames = RENAMED.has(renameType) && relationType !== 'OBJECT_TYPE';
    return renames ? take('ACCESS EXCLUSIVE', relation) : [];
  }
  if ('AlterObjectSchemaStmt' in node) {
    return take('ACCESS EXCLUSIVE', node.AlterObjectSchemaStmt.relation);
  }
  if ('LockStmt' in node) {
    const lock = LOCK_MODES[node.LockStmt.mode ?? 0];
    if (!lock) return [];
    return rangesOf(node.LockStmt.relations).flatMap((range) => take(lock, range));
  }
  return [];
}

/** Numbers of LOCK TABLE's modes; the weaker ones are those of reading. */
const LOCK_MODES: Record<number, LockMode> = {
  3: 'ROW EXCLUSIVE',
  4: 'SHARE UPDATE EXCLUSIVE',
  5: 'SHARE',
  6: 'SHARE ROW EXCLUSIVE',
  7: 'EXCLUSIVE',
  8: 'ACCESS EXCLUSIVE',
};

const RENAMED = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_COLUMN',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_TRIGGER',
  'OBJECT_RULE',
  'OBJECT_POLICY',
]);

function dropped(node: Extract<Node, { DropStmt: unknown }>, names: RelationNames): TakenLock[] {
  const { removeType = '', objects, concurrent } = node.DropStmt;
  if (removeType === 'OBJECT_INDEX') {
    return [{ lock: concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE', on: undefined }];
  }
  return (objects ?? []).flatMap((object): TakenLock[] => {
    const parts = 'List' in object ? stringsOf(object.List.items) : [];
    if (RELATIONS.has(removeType)) {
      return [{ lock: 'ACCESS EXCLUSIVE', on: names.ofParts(parts) }];
    }
    if (ON_A_TABLE.has(removeType)) {
      return [{ lock: 'ACCESS EXCLUSIVE', on: names.ofParts(parts.slice(0, -1)) }];
    }
    return [];
  });
}

/** SHARE UPDATE EXCLUSIVE: writers go on. */
const LETS_WRITERS_THROUGH = new Set([
  'AT_SetStatistics',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_ValidateConstraint',
  'AT_ClusterOn',
  'AT_DropCluster',
]);
const TRIGGER_SWITCH = /^AT_(Enable|Disable)(Always|Replica)?Trig/;

function alterTable(statement: AlterTableStmt, names: RelationNames): TakenLock[] {
  const { relation, objtype = '', cmds } = statement;
  if (!relation || !RELATIONS.has(objtype)) return [];
  const on = names.ofRange(relation);
  return (cmds ?? []).flatMap((node): TakenLock[] => {
    if (!('AlterTableCmd' in node)) return [];
    const { subtype = '', def } = node.AlterTableCmd;
    if (subtype === 'AT_AttachPartition') {
      return [{ lock: 'SHARE UPDATE EXCLUSIVE', on }, ...partition(def, names, { long: true })];
    }
    if (subtype === 'AT_DetachPartition') {
      const lock = nonTransactional(node) ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
      return [{ lock, on }, ...partition(def, names, { long: false })];
    }
    if (LETS_WRITERS_THROUGH.has(subtype)) {
      return [{ lock: 'SHARE UPDATE EXCLUSIVE', on, long: subtype === 'AT_ValidateConstraint' }];
    }
    if (TRIGGER_SWITCH.test(subtype)) return [{ lock: 'SHARE ROW EXCLUSIVE', on }];
    if (subtype === 'AT_AddConstraint' && def && 'Constraint' in def) {
      return addConstraint(def.Constraint, on, names);
    }
    const referenced = def && 'ColumnDef' in def ? def.ColumnDef.constraints : undefined;
    return [{ lock: 'ACCESS EXCLUSIVE', on }, ...references(referenced, names)];
  });
}

/** VACUUM FULL. */
export function isFull({ options }: VacuumStmt): boolean {
  return (options ?? []).some(
    (node) =>
      'DefElem' in node && node.DefElem.defname === 'full' && !isOff(stringOf(node.DefElem.arg)),
  );
}

const isOff = (value: string | undefined) => value !== undefined && /^(off|false|0)$/i.test(value);

/** VACUUM without tables takes one after the other: no name to tell. */
export function vacuumed({ rels }: VacuumStmt): RangeVar[] {
  return (rels ?? []).flatMap((node) =>
    'VacuumRelation' in node && node.VacuumRelation.relation ? [node.VacuumRelation.relation] : [],
  );
}

/** The partition itself: while one is attached, its parent lets writers through, but it does not. */
function partition(
  def: Node | undefined,
  names: RelationNames,
  { long }: { long: boolean },
): TakenLock[] {
  const range = def && 'PartitionCmd' in def ? def.PartitionCmd.name : undefined;
  return range ? [{ lock: 'ACCESS EXCLUSIVE', on: names.ofRange(range), long }] : [];
}

function addConstraint(
  constraint: Constraint,
  on: ResolvedName,
  names: RelationNames,
): TakenLock[] {
  const long = !constraint.skip_validation && !constraint.indexname;
  if (constraint.contype !== 'CONSTR_FOREIGN') return [{ lock: 'ACCESS EXCLUSIVE', on, long }];
  const referenced = constraint.pktable;
  return [
    { lock: 'SHARE ROW EXCLUSIVE', on, long },
    ...(referenced
      ? [{ lock: 'SHARE ROW EXCLUSIVE' as const, on: names.ofRange(referenced), long }]
      : []),
  ];
}

/** A new foreign key also locks the table that it points to. */
function references(constraints: readonly Node[] | undefined, names: RelationNames): TakenLock[] {
  return (constraints ?? []).flatMap((node): TakenLock[] => {
    if (!('Constraint' in node) || !node.Constraint.pktable) return [];
    return [{ lock: 'SHARE ROW EXCLUSIVE', on: names.ofRange(node.Constraint.pktable) }];
  });
}

/** The new table is nobody's yet; its parent and the tables that it points to are others'. */
function createTable(statement: CreateStmt, names: RelationNames): TakenLock[] {
  const elements = statement.tableElts ?? [];
  const columns = elements.flatMap((node) =>
    'ColumnDef' in node ? references(node.ColumnDef.constraints, names) : [],
  );
  const parents = statement.partbound ? rangesOf(statement.inhRelations) : [];
  return [
    ...columns,
    ...references(elements, names),
    ...parents.map((range): TakenLock => ({ lock: 'ACCESS EXCLUSIVE', on: names.ofRange(range) })),
  ];
}
