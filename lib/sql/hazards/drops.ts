import type { AlterTableStmt, DropStmt, Node } from 'libpg-query';
import type { Hazard, HazardCode } from '@/lib/core/statement';
import { ON_A_TABLE } from '../object-kinds';
import type { RelationNames } from '../relation-names';
import { stringsOf } from '../syntax-tree';
import { typeWords } from './type-words';

interface Dropped {
  code: HazardCode;
  severity: Hazard['severity'];
  word: string;
  /** The dropped thing is a relation that a person can look at. */
  isRelation?: boolean;
}

const BY_TYPE: Record<string, Dropped> = {
  OBJECT_TABLE: { code: 'drops_table', severity: 'danger', word: 'table', isRelation: true },
  OBJECT_FOREIGN_TABLE: {
    code: 'drops_table',
    severity: 'warn',
    word: 'foreign table',
    isRelation: true,
  },
  OBJECT_SCHEMA: { code: 'drops_schema', severity: 'danger', word: 'schema' },
  OBJECT_INDEX: { code: 'drops_index', severity: 'info', word: 'index' },
  OBJECT_TYPE: { code: 'drops_type', severity: 'warn', word: 'type' },
  OBJECT_DOMAIN: { code: 'drops_type', severity: 'warn', word: 'domain' },
  OBJECT_VIEW: { code: 'drops_view', severity: 'warn', word: 'view', isRelation: true },
  OBJECT_MATVIEW: {
    code: 'drops_view',
    severity: 'warn',
    word: 'materialized view',
    isRelation: true,
  },
};

/** What DROP statements and ALTER … DROP take away. */
export function dropHazards(node: Node, names: RelationNames): Hazard[] {
  if ('DropStmt' in node) return dropStatement(node.DropStmt, names);
  if ('AlterTableStmt' in node) return alterTable(node.AlterTableStmt, names);
  if ('AlterDomainStmt' in node && node.AlterDomainStmt.subtype === 'X') {
    const { typeName, name = '', behavior } = node.AlterDomainStmt;
    const domain = names.ofParts(stringsOf(typeName)).short;
    return [
      {
        code: 'drops_constraint',
        severity: 'warn',
        label: `Drops constraint ${names.quote(name)} of ${domain}`,
      },
      ...cascade(behavior),
    ];
  }
  return [];
}

function dropStatement(drop: DropStmt, names: RelationNames): Hazard[] {
  const { removeType = '', objects, behavior } = drop;
  const dropped = BY_TYPE[removeType];
  const hazards = (objects ?? []).map((object): Hazard => {
    if (!dropped) {
      return {
        code: 'drops_object',
        severity: 'warn',
        label: `Drops ${objectWords(removeType, object, names)}`,
      };
    }
    const parts = nameParts(object);
    const name = names.ofParts(parts);
    return {
      code: dropped.code,
      severity: dropped.severity,
      label: `Drops ${dropped.word} ${removeType === 'OBJECT_SCHEMA' ? names.quote(name.name) : name.short}`,
      ...(dropped.isRelation && { relation: name.qualified }),
    };
  });
  return [...hazards, ...cascade(behavior)];
}

function nameParts(object: Node): string[] {
  if ('List' in object) return stringsOf(object.List.items);
  if ('TypeName' in object) return stringsOf(object.TypeName.names);
  if ('ObjectWithArgs' in object) return stringsOf(object.ObjectWithArgs.objname);
  return stringsOf([object]);
}

/** These live outside of schemas. */
const WITHOUT_SCHEMA = new Set([
  'OBJECT_EXTENSION',
  'OBJECT_EVENT_TRIGGER',
  'OBJECT_PUBLICATION',
  'OBJECT_FDW',
  'OBJECT_FOREIGN_SERVER',
  'OBJECT_LANGUAGE',
  'OBJECT_ACCESS_METHOD',
]);

function objectWords(removeType: string, object: Node, names: RelationNames): string {
  const word = removeType
    .replace(/^OBJECT_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
  if (removeType === 'OBJECT_CAST' && 'List' in object) {
    const [from, to] = (object.List.items ?? []).map((item) =>
      'TypeName' in item ? typeWords(item.TypeName) : '',
    );
    return `cast from ${from} to ${to}`;
  }
  const parts = nameParts(object);
  const own = parts.at(-1) ?? '';
  if (removeType === 'OBJECT_OPERATOR') return `operator ${parts.join('.')}`;
  if (ON_A_TABLE.has(removeType)) {
    return `${word} ${names.quote(own)} of ${names.ofParts(parts.slice(0, -1)).short}`;
  }
  if (WITHOUT_SCHEMA.has(removeType)) return `${word} ${names.quote(own)}`;
  return `${word} ${names.ofParts(parts).short}`;
}

function alterTable(statement: AlterTableStmt, names: RelationNames): Hazard[] {
  const { relation, cmds, objtype } = statement;
  if (!relation) return [];
  const on = names.ofRange(relation);
  const isType = objtype === 'OBJECT_TYPE';
  const at = isType ? {} : { relation: on.qualified };
  return (cmds ?? []).flatMap((node): Hazard[] => {
    if (!('AlterTableCmd' in node)) return [];
    const { subtype, name = '', def, behavior } = node.AlterTableCmd;
    const part = names.quote(name);
    switch (subtype) {
      case 'AT_DropColumn': {
        const label = isType
          ? `Drops attribute ${part} of type ${on.short}`
          : `Drops column ${part}`;
        return [{ code: 'drops_column', severity: 'danger', label, ...at }, ...cascade(behavior)];
      }
      case 'AT_DropConstraint': {
        const label = `Drops constraint ${part}`;
        return [{ code: 'drops_constraint', severity: 'warn', label, ...at }, ...cascade(behavior)];
      }
      case 'AT_AlterColumnType': {
        const type = def && 'ColumnDef' in def ? def.ColumnDef.typeName : undefined;
        const label = `Changes type of ${part}${type ? ` to ${typeWords(type)}` : ''}`;
        return [{ code: 'changes_type', severity: 'warn', label, ...at }];
      }
      default:
        return [];
    }
  });
}

function cascade(behavior: string | undefined): Hazard[] {
  if (behavior !== 'DROP_CASCADE') return [];
  return [{ code: 'cascade', severity: 'danger', label: 'CASCADE: also drops what depends on it' }];
}
