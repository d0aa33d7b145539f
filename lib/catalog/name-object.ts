import type { CatalogKind } from '@/lib/core/catalog';

/** Kinds whose names begin with the word that tells which of two they are. */
const PREFIXES: Partial<Record<CatalogKind, string>> = {
  operator_class: 'operator',
  text_search: 'text search',
  default_acl: 'default rights on',
  comment: 'comment on',
};

/**
 * An object as a person says it: `index public.users_email_idx`, `default rights on tables in public`,
 * `foreign data wrapper w`.
 */
export function nameObject({ kind, name }: { kind: CatalogKind; name: string }): string {
  if (kind === 'foreign_server') {
    return name.startsWith('wrapper ') ? `foreign data ${name}` : `foreign ${name}`;
  }
  if (kind === 'database') return name;
  return `${PREFIXES[kind] ?? kind.replaceAll('_', ' ')} ${name}`;
}
