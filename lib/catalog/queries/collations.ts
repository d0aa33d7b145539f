import {
  type CatalogQuery,
  comment,
  notOfExtension,
  owner,
  type QueryScope,
  qualified,
  select,
  since,
  userSchema,
} from './catalog-query';

/** The ICU locale moved between columns twice. */
const icuLocale = ({ version }: QueryScope) => {
  if (version >= 170_000) return 'l.colllocale';
  return version >= 150_000 ? 'l.colliculocale' : 'NULL';
};

/** Collations, without the version of the library behind them: that is the machine's. */
export const collations: CatalogQuery = (scope) => `
${select({
  kind: "'collation'",
  name: qualified('n', 'l.collname'),
  owner: owner('l.collowner'),
  attributes: {
    provider: "CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END",
    collate: 'l.collcollate',
    ctype: 'l.collctype',
    locale: icuLocale(scope),
    rules: since(scope, 16, 'l.collicurules'),
    nondeterministic: 'CASE WHEN NOT l.collisdeterministic THEN true END',
    comment: comment('pg_collation', 'l.oid'),
  },
})}
FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
WHERE ${userSchema('n')} AND ${notOfExtension('pg_collation', 'l.oid')}
  AND l.collencoding IN (-1, (SELECT b.encoding FROM pg_database b WHERE b.datname = current_database()))`;
