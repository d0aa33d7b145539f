import type { Node } from 'libpg-query';
import { RELATIONS } from '../object-kinds';
import { stringsOf } from '../syntax-tree';
import type { Mentions } from './mentions';
import type { Effect, Mention, ObjectSort } from './touched-object';

/** The grammar names an object's kind in DROP, COMMENT, RENAME and GRANT by the same words. */
const PARTS: Record<string, ObjectSort> = {
  OBJECT_COLUMN: 'column',
  OBJECT_TABCONSTRAINT: 'constraint',
  OBJECT_TRIGGER: 'trigger',
  OBJECT_POLICY: 'policy',
  OBJECT_RULE: 'rule',
};
const IN_SCHEMA: Record<string, ObjectSort> = {
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'type',
  OBJECT_FUNCTION: 'routine',
  OBJECT_PROCEDURE: 'routine',
  OBJECT_ROUTINE: 'routine',
  OBJECT_AGGREGATE: 'routine',
  OBJECT_COLLATION: 'other',
  OBJECT_CONVERSION: 'other',
  OBJECT_OPERATOR: 'other',
  OBJECT_OPCLASS: 'other',
  OBJECT_OPFAMILY: 'other',
  OBJECT_STATISTIC_EXT: 'other',
  OBJECT_TSCONFIGURATION: 'other',
  OBJECT_TSDICTIONARY: 'other',
  OBJECT_TSPARSER: 'other',
  OBJECT_TSTEMPLATE: 'other',
};
const GLOBAL: Record<string, ObjectSort> = {
  OBJECT_SCHEMA: 'schema',
  OBJECT_ROLE: 'role',
  OBJECT_EXTENSION: 'extension',
  OBJECT_ACCESS_METHOD: 'other',
  OBJECT_EVENT_TRIGGER: 'other',
  OBJECT_FDW: 'other',
  OBJECT_FOREIGN_SERVER: 'other',
  OBJECT_LANGUAGE: 'other',
  OBJECT_PUBLICATION: 'other',
};

/** Relations of pg_class that have no rows of their own, beside those that have. */
const NAMED_LIKE_TABLES = new Set([...RELATIONS, 'OBJECT_INDEX', 'OBJECT_SEQUENCE']);

/** An object as DROP, COMMENT ON or GRANT says it. Kinds that have no name, as casts, give none. */
export function objectMention(
  objectType: string,
  object: Node,
  effect: Effect,
  say: Mentions,
  more: Partial<Mention> = {},
): Mention[] {
  const parts = nameParts(object);
  const own = parts.at(-1);
  if (own === undefined) return [];
  if ('RangeVar' in object) return say.range(object.RangeVar, effect, more);
  if (NAMED_LIKE_TABLES.has(objectType)) {
    return [say.relation(say.names.ofParts(parts), effect, more)];
  }
  const part = PARTS[objectType];
  if (part) return [say.part(part, say.names.ofParts(parts.slice(0, -1)), own, effect, more)];
  const inSchema = IN_SCHEMA[objectType];
  if (inSchema) return [say.inSchema(inSchema, parts, effect, more)];
  const global = GLOBAL[objectType];
  return global ? [say.global(global, own, effect, more)] : [];
}

function nameParts(object: Node): string[] {
  if ('RangeVar' in object) return [object.RangeVar.relname ?? ''];
  if ('List' in object) return stringsOf(object.List.items);
  if ('TypeName' in object) return stringsOf(object.TypeName.names);
  if ('ObjectWithArgs' in object) return stringsOf(object.ObjectWithArgs.objname);
  return stringsOf([object]);
}
