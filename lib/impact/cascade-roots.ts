import type { DropStmt, Node, ObjectWithArgs, TypeName } from 'libpg-query';
import pg from 'pg';
import { stringsOf } from '@/lib/sql/syntax-tree';
import type { StatementContext } from './constraint-probes';
import type { CascadeRoot } from './questions';
import { quoted } from './quoted-name';
import type { Standing } from './schema-so-far';

type Root = Pick<CascadeRoot, 'words' | 'address'>;
/** An object dropped with CASCADE, or why nobody can say what goes with it. */
export type Rooted = { root: Root } | { notLooked: string; later: boolean };

/** In words, and how `pg_class` and the others know them. */
const RELATIONS: Record<string, string> = {
  OBJECT_TABLE: 'table',
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'materialized view',
  OBJECT_FOREIGN_TABLE: 'foreign table',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_INDEX: 'index',
};
const ROUTINES: Record<string, string> = {
  OBJECT_FUNCTION: 'function',
  OBJECT_PROCEDURE: 'procedure',
  OBJECT_ROUTINE: 'routine',
  OBJECT_AGGREGATE: 'aggregate',
};
const TYPES: Record<string, string> = { OBJECT_TYPE: 'type', OBJECT_DOMAIN: 'domain' };
/** Nothing can depend on these, so CASCADE is a word only. */
const LEAVES = new Set(['OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE']);

const row = (catalog: string, from: string) =>
  `SELECT '${catalog}'::regclass::oid AS classid, oid AS objid, 0 AS objsubid FROM ${from}`;

/** What DROP … CASCADE starts from, one for each name. */
export function dropRoots(context: StatementContext, drop: DropStmt): Rooted[] {
  const type = drop.removeType ?? '';
  if (LEAVES.has(type)) return [];
  return (drop.objects ?? []).map((object) => rootOf(context, type, object));
}

function rootOf(context: StatementContext, type: string, object: Node): Rooted {
  const relation = RELATIONS[type];
  if (relation !== undefined && 'List' in object) {
    const name = context.names.ofParts(stringsOf(object.List.items));
    const standing = context.schema.find(name);
    if (standing) return relationRoot(relation, name.qualified, standing);
    return {
      root: {
        words: `${relation} ${name.qualified}`,
        address: row(
          'pg_class',
          `pg_class WHERE oid = ${firstOf(context, name, (full) => `to_regclass(${full})`)}`,
        ),
      },
    };
  }
  if (TYPES[type] !== undefined && 'TypeName' in object) {
    const name = context.names.ofParts(stringsOf(object.TypeName.names));
    const oid = firstOf(context, name, (full) => `to_regtype(${full})`);
    return {
      root: {
        words: `${TYPES[type]} ${name.qualified}`,
        address: row('pg_type', `pg_type WHERE oid = ${oid}`),
      },
    };
  }
  if (ROUTINES[type] !== undefined && 'ObjectWithArgs' in object) {
    return routineRoot(context, ROUTINES[type], object.ObjectWithArgs);
  }
  const [name] = 'String' in object ? stringsOf([object]) : [];
  if (name !== undefined && type === 'OBJECT_EXTENSION')
    return named('extension', name, 'pg_extension', 'extname');
  const words = type
    .replace(/^OBJECT_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
  return {
    notLooked: `What CASCADE takes along with this ${words} was not looked at.`,
    later: false,
  };
}

function named(kind: string, name: string, catalog: string, column: string): Rooted {
  return {
    root: {
      words: `${kind} ${name}`,
      address: row(catalog, `${catalog} WHERE ${column} = ${pg.escapeLiteral(name)}`),
    },
  };
}

function relationRoot(kind: string, qualified: string, { live }: Standing): Rooted {
  if (!live) return madeByPlan(`${kind} ${qualified}`);
  return {
    root: {
      words: `${kind} ${qualified}`,
      address: row('pg_class', `pg_class WHERE oid = ${live.oid}`),
    },
  };
}

/** A column or constraint of a table. */
export function partRoot(
  standing: Standing,
  kind: 'column' | 'constraint',
  name: string,
  qualified: string,
): Rooted {
  const words = `${kind} ${name} of ${qualified}`;
  const { live } = standing;
  if (!live) return madeByPlan(words);
  if (kind === 'constraint') {
    const from = `pg_constraint WHERE conrelid = ${live.oid} AND conname = ${pg.escapeLiteral(name)}`;
    return { root: { words, address: row('pg_constraint', from) } };
  }
  const column = standing.columns.get(name);
  if (!column && standing.columns.has(name)) return madeByPlan(words);
  const from = `pg_attribute WHERE attrelid = ${live.oid} AND attnum = ${column?.number ?? 0}`;
  return {
    root: {
      words,
      address: `SELECT 'pg_class'::regclass::oid AS classid, attrelid AS objid, attnum::int AS objsubid FROM ${from}`,
    },
  };
}

function routineRoot(context: StatementContext, kind: string, object: ObjectWithArgs): Rooted {
  const name = context.names.ofParts(stringsOf(object.objname));
  const types = (object.objargs ?? []).map((arg) =>
    'TypeName' in arg ? typeText(arg.TypeName) : undefined,
  );
  const words = `${kind} ${name.qualified}`;
  if (types.some((type) => type === undefined))
    return { notLooked: `What CASCADE takes along with ${words} was not looked at.`, later: false };
  // Without a list of arguments the name alone has to be enough, and is when there is one of that name.
  const oid = object.args_unspecified
    ? firstOf(context, name, (full) => `to_regproc(${full})`)
    : firstOf(
        context,
        name,
        (full) => `to_regprocedure(${full} || ${pg.escapeLiteral(`(${types.join(', ')})`)})`,
      );
  return { root: { words, address: row('pg_proc', `pg_proc WHERE oid = ${oid}`) } };
}

/** A type as `to_regprocedure` reads it; modifiers don't count there. */
function typeText(type: TypeName): string | undefined {
  const parts = stringsOf(type.names);
  if (parts.length === 0 || type.setof || type.pct_type) return undefined;
  return `${parts.map(quoted).join('.')}${'[]'.repeat(type.arrayBounds?.length ?? 0)}`;
}

function firstOf(
  { schema }: StatementContext,
  name: Parameters<StatementContext['schema']['schemasOf']>[0],
  lookUp: (literal: string) => string,
): string {
  const tries = schema
    .schemasOf(name)
    .map((of) => lookUp(pg.escapeLiteral(`${quoted(of)}.${quoted(name.name)}`)));
  return `coalesce(${tries.join(', ')})`;
}

const madeByPlan = (words: string): Rooted => ({
  notLooked: `The ${words} is made by this plan: what CASCADE takes along can’t be seen yet.`,
  later: true,
});
