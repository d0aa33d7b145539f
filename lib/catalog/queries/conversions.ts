import {
  type CatalogQuery,
  comment,
  notOfExtension,
  owner,
  qualified,
  routine,
  select,
  userSchema,
} from './catalog-query';

/** CREATE CONVERSION, between encodings. */
export const conversions: CatalogQuery = () => `
${select({
  kind: "'conversion'",
  name: qualified('n', 'v.conname'),
  owner: owner('v.conowner'),
  attributes: {
    from: 'pg_encoding_to_char(v.conforencoding)',
    to: 'pg_encoding_to_char(v.contoencoding)',
    function: routine('v.conproc'),
    default: 'NULLIF(v.condefault, false)',
    comment: comment('pg_conversion', 'v.oid'),
  },
})}
FROM pg_conversion v JOIN pg_namespace n ON n.oid = v.connamespace
WHERE ${userSchema('n')} AND ${notOfExtension('pg_conversion', 'v.oid')}`;
