import type { AlterTableStmt, DropOwnedStmt, DropStmt, Node } from 'libpg-query';
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
  /** What is lost, said of the name. */
  detail: string;
  safer: string;
}

const BY_TYPE: Record<string, Dropped> = {
  OBJECT_TABLE: {
    code: 'drops_table',
    severity: 'danger',
    word: 'table',
    isRelation: true,
    detail: 'All its rows are gone, with its indexes, policies and rights.',
    safer: 'Rename it or move it to another schema, and drop it when nobody has missed it.',
  },
  OBJECT_FOREIGN_TABLE: {
    code: 'drops_table',
    severity: 'warn',
    word: 'foreign table',
    isRelation: true,
    detail: 'The rows stay where they are; this database no longer sees them.',
    safer: 'Rename it first, and drop it when no query has failed.',
  },
  OBJECT_SCHEMA: {
    code: 'drops_schema',
    severity: 'danger',
    word: 'schema',
    detail:
      'Its rights and default rights are gone, and every search_path that names it finds less.',
    safer: 'Rename it first, and drop it when no query has failed.',
  },
  OBJECT_INDEX: {
    code: 'drops_index',
    severity: 'info',
    word: 'index',
    detail: 'Queries that used it read the whole table from then on.',
    safer: 'Look at pg_stat_user_indexes first: an index that nothing scans is not missed.',
  },
  OBJECT_TYPE: {
    code: 'drops_type',
    severity: 'danger',
    word: 'type',
    detail:
      'Columns, functions and casts can no longer use it; the step fails while some still do.',
    safer: 'Move the columns that use it to another type first, and drop it last.',
  },
  OBJECT_DOMAIN: {
    code: 'drops_type',
    severity: 'danger',
    word: 'domain',
    detail:
      'Columns can no longer use it, and its checks are gone; the step fails while some still do.',
    safer: 'Move the columns that use it to its base type first, and drop it last.',
  },
  OBJECT_VIEW: {
    code: 'drops_view',
    severity: 'warn',
    word: 'view',
    isRelation: true,
    detail: 'Queries that read it fail from then on; the rows below it stay.',
    safer:
      'Where only its definition has to change, write CREATE OR REPLACE VIEW: rights stay as they are.',
  },
  OBJECT_MATVIEW: {
    code: 'drops_view',
    severity: 'warn',
    word: 'materialized view',
    isRelation: true,
    detail: 'Queries that read it fail from then on; what it holds can be computed again.',
    safer: 'Make the new one under another name first, then swap the names.',
  },
};

/** What DROP statements and ALTER … DROP take away. */
export function dropHazards(node: Node, names: RelationNames): Hazard[] {
  if ('DropStmt' in node) return dropStatement(node.DropStmt, names);
  if ('DropOwnedStmt' in node) return dropOwned(node.DropOwnedStmt, names);
  if ('AlterTableStmt' in node) return alterTable(node.AlterTableStmt, names);
  if ('AlterDomainStmt' in node && node.AlterDomainStmt.subtype === 'X') {
    const { typeName, name = '', behavior } = node.AlterDomainStmt;
    const domain = names.ofParts(stringsOf(typeName)).short;
    return [
      {
        code: 'drops_constraint',
        severity: 'warn',
        label: `Drops constraint ${names.quote(name)} of ${domain}`,
        detail: UNCHECKED,
        safer: SAFER_CONSTRAINT,
      },
      ...cascade(behavior),
    ];
  }
  return [];
}

function dropOwned({ roles = [], behavior }: DropOwnedStmt, names: RelationNames): Hazard[] {
  const said = roles.map((role) =>
    'RoleSpec' in role && role.RoleSpec.rolename
      ? names.quote(role.RoleSpec.rolename)
      : 'the current role',
  );
  return [
    {
      code: 'drops_object',
      severity: 'danger',
      label: `Drops everything that ${said.join(', ')} owns here`,
      detail:
        'Every object of the role in this database goes, and every right that it was given: more than the migration may have made.',
      safer: 'Revoke by name what was granted, and drop by name what was made.',
    },
    ...cascade(behavior),
  ];
}

function dropStatement(drop: DropStmt, names: RelationNames): Hazard[] {
  const { removeType = '', objects, behavior } = drop;
  const dropped = BY_TYPE[removeType];
  const hazards = (objects ?? []).map((object): Hazard => {
    if (!dropped) {
      const table = ON_A_TABLE.has(removeType)
        ? names.ofParts(nameParts(object).slice(0, -1))
        : undefined;
      return {
        code: 'drops_object',
        severity: 'warn',
        label: `Drops ${objectWords(removeType, object, names)}`,
        ...(table && { relation: table.qualified }),
        detail: 'What uses it fails from then on, or goes on without it.',
        safer: 'Take it out of use first, and drop it when nothing has failed.',
      };
    }
    const parts = nameParts(object);
    const name = names.ofParts(parts);
    return {
      code: dropped.code,
      severity: dropped.severity,
      label: `Drops ${dropped.word} ${removeType === 'OBJECT_SCHEMA' ? names.quote(name.name) : name.short}`,
      ...(dropped.isRelation && { relation: name.qualified }),
      detail: dropped.detail,
      safer: dropped.safer,
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
    const { subtype, name = '', behavior } = node.AlterTableCmd;
    const part = names.quote(name);
    if (subtype === 'AT_DropColumn') {
      const label = isType ? `Drops attribute ${part} of type ${on.short}` : `Drops column ${part}`;
      const found: Hazard = {
        code: 'drops_column',
        severity: 'danger',
        label,
        ...at,
        detail: `What is in ${on.short}.${part} is gone, with every index and constraint on it.`,
        safer:
          'Leave the column where it is and stop using it, or copy it with the primary key into a table of its own first.',
      };
      return [found, ...cascade(behavior)];
    }
    if (subtype === 'AT_DropConstraint') {
      const found: Hazard = {
        code: 'drops_constraint',
        severity: 'warn',
        label: `Drops constraint ${part}`,
        ...at,
        detail: UNCHECKED,
        safer: SAFER_CONSTRAINT,
      };
      return [found, ...cascade(behavior)];
    }
    return [];
  });
}

const UNCHECKED = 'Rows that break it can be written from then on.';
const SAFER_CONSTRAINT =
  'Drop it in the same step in which the constraint comes that takes its place.';

function cascade(behavior: string | undefined): Hazard[] {
  if (behavior !== 'DROP_CASCADE') return [];
  return [
    {
      code: 'cascade',
      severity: 'danger',
      label: 'CASCADE: also drops what depends on it',
      detail: 'Views, foreign keys, columns and functions that depend on it go with it, unnamed.',
      safer:
        'Drop each dependent object by name before it, and write the statement without CASCADE.',
    },
  ];
}
