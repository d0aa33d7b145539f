import pg from 'pg';
import { type CatalogQuery, select } from './catalog-query';

/** SECURITY LABEL on anything inside the database, large objects aside: those are data. */
export const securityLabels: CatalogQuery = ({ tracking }) => `
${select({
  kind: "'security_label'",
  name: "quote_ident(s.provider) || ' on ' || i.type || ' ' || i.identity",
  attributes: { label: 's.label' },
})}
FROM pg_seclabel s CROSS JOIN LATERAL pg_identify_object(s.classoid, s.objoid, s.objsubid) i
WHERE i.identity IS NOT NULL AND s.classoid <> 'pg_largeobject'::regclass
  AND coalesce(i.schema, '') !~ '^pg_'
  AND NOT (s.classoid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = s.objoid AND n.nspname = ${pg.escapeLiteral(tracking.schema)}
      AND c.relname = ${pg.escapeLiteral(tracking.table)}))`;
