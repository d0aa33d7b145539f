import type { Node, TypeName } from 'libpg-query';
import { stringsOf } from '../syntax-tree';

/** The grammar turns these words into internal names; here is the way back. */
const WORDS: Record<string, string> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  bpchar: 'character',
  varchar: 'character varying',
  varbit: 'bit varying',
  timestamptz: 'timestamp with time zone',
  timetz: 'time with time zone',
};

/** A type's name for people: `character varying(40)[]`. */
export function typeWords(type: TypeName): string {
  const parts = stringsOf(type.names);
  const own = parts.at(-1) ?? '';
  const builtIn = parts.length > 1 && parts[0] === 'pg_catalog';
  const name = builtIn ? (WORDS[own] ?? own) : parts.join('.');
  const modifiers = (type.typmods ?? []).flatMap(constant);
  const suffix = modifiers.length > 0 ? `(${modifiers.join(', ')})` : '';
  return `${name}${suffix}${'[]'.repeat(type.arrayBounds?.length ?? 0)}`;
}

function constant(node: Node): string[] {
  if (!('A_Const' in node)) return [];
  const { ival, sval } = node.A_Const;
  if (ival) return [String(ival.ival ?? 0)];
  return sval ? [sval.sval ?? ''] : [];
}
