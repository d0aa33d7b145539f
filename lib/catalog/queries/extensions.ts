import { type CatalogQuery, owner, select } from './catalog-query';

/** Extensions by name and version; their members are not looked at. */
export const extensions: CatalogQuery = () => `
${select({
  kind: "'extension'",
  name: 'quote_ident(e.extname)',
  owner: owner('e.extowner'),
  attributes: {
    version: 'e.extversion',
    schema: '(SELECT quote_ident(n.nspname) FROM pg_namespace n WHERE n.oid = e.extnamespace)',
  },
})}
FROM pg_extension e`;
