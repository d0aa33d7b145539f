import type { CatalogSnapshot } from '@/lib/core/catalog';
import type { ParsedUp } from '@/lib/sql';
import { namedIn } from './cluster-roles';

/** A migration or a script: its text, and whether parts of it are only put together at run time. */
export interface NamingText {
  sql: string;
  opaque: ParsedUp['opaque'];
}

/**
 * A view of snapshots without the roles that none of these texts names, and their settings: roles belong
 * to the whole server, and what others make of theirs meanwhile is no matter of this script. Where a text
 * may name what nobody can read in it, all roles count.
 */
export function namedRolesOnly(
  texts: readonly NamingText[],
): (snapshot: CatalogSnapshot) => CatalogSnapshot {
  if (texts.some(({ opaque }) => opaque)) return (snapshot) => snapshot;
  const sql = texts.map((text) => text.sql).join('\n');
  return (snapshot) => {
    const roles = Object.values(snapshot.objects).filter(({ kind }) => kind === 'role');
    const named = new Set(
      namedIn(
        sql,
        roles.map(({ name }) => bare(name)),
      ),
    );
    const others = roles.map(({ name }) => name).filter((name) => !named.has(bare(name)));
    if (others.length === 0) return snapshot;
    const isOthers = ({ kind, name }: { kind: string; name: string }) =>
      others.some(
        (role) =>
          (kind === 'role' && name === role) ||
          (kind === 'setting' &&
            (name.startsWith(`of ${role}:`) || name.startsWith(`of ${role} in `))),
      );
    const kept = Object.entries(snapshot.objects).filter(([, object]) => !isOthers(object));
    return { ...snapshot, objects: Object.fromEntries(kept) };
  };
}

/** A name without the quotes of quote_ident. */
function bare(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
