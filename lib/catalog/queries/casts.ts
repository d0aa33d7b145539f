import { type CatalogQuery, comment, notOfExtension, routine, select } from './catalog-query';
import { FIRST_USER_OID } from './first-user-oid';

export const casts: CatalogQuery = () => `
${select({
  kind: "'cast'",
  name: `'(' || format_type(k.castsource, NULL) || ' AS ' || format_type(k.casttarget, NULL) || ')'`,
  attributes: {
    function: routine('k.castfunc'),
    method: `CASE k.castmethod WHEN 'f' THEN 'function' WHEN 'i' THEN 'in and out' ELSE 'binary' END`,
    context: `CASE k.castcontext WHEN 'e' THEN 'explicit' WHEN 'a' THEN 'assignment' ELSE 'implicit' END`,
    comment: comment('pg_cast', 'k.oid'),
  },
})}
FROM pg_cast k
WHERE k.oid >= ${FIRST_USER_OID} AND ${notOfExtension('pg_cast', 'k.oid')}
  -- A range's cast to its multirange comes with the type.
  AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_cast'::regclass
    AND i.objid = k.oid AND i.deptype = 'i')`;
