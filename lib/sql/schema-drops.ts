import type { ParsedScript, ScriptRefusal } from '@/lib/core/statement';
import type { ExecutedNode } from './executed-nodes';
import type { ParsedUp } from './parse-up';
import type { RelationNames } from './relation-names';
import { stringOf } from './syntax-tree';

/** The schemas that a statement drops with CASCADE: whatever is inside by then goes too. */
export function schemasDroppedWhole(
  executed: readonly ExecutedNode[],
  names: RelationNames,
): string[] {
  return executed.flatMap(({ node }) => {
    if (!node || !('DropStmt' in node)) return [];
    const { removeType, behavior, objects = [] } = node.DropStmt;
    if (removeType !== 'OBJECT_SCHEMA' || behavior !== 'DROP_CASCADE') return [];
    return objects.flatMap((object) => {
      const name = stringOf(object);
      return name === undefined ? [] : [names.quote(name)];
    });
  });
}

/**
 * What a script may only do where its migration allows it: drop a schema with all that is in it, if the
 * migration created that schema. What others put into it since goes along, which is a danger; a schema
 * that was there before belongs to others.
 */
export function refusedBeside(
  up: Pick<ParsedUp, 'touched'>,
  script: Pick<Extract<ParsedScript, { ok: true }>, 'statements'>,
): ScriptRefusal[] {
  const created = new Set(
    up.touched
      .filter(({ sort, effect }) => sort === 'schema' && effect === 'creates')
      .map(({ name }) => name),
  );
  return script.statements.flatMap(({ line, dropsSchemas = [] }) =>
    dropsSchemas
      .filter((name) => !created.has(name))
      .map(
        (name): ScriptRefusal => ({
          code: 'forbidden_statement',
          line,
          message: `DROP SCHEMA ${name} CASCADE is refused: the migration did not create this schema, so what is in it belongs to others. Drop each object by name, then the empty schema.`,
        }),
      ),
  );
}
