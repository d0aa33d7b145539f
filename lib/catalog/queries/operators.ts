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

const operator = (column: string) =>
  `CASE WHEN ${column} <> 0 THEN ${column}::regoperator::text END`;

export const operators: CatalogQuery = () => `
${select({
  kind: "'operator'",
  name: 'o.oid::regoperator::text',
  owner: owner('o.oprowner'),
  attributes: {
    result: 'format_type(o.oprresult, NULL)',
    function: routine('o.oprcode'),
    commutator: operator('o.oprcom'),
    negator: operator('o.oprnegate'),
    restriction: routine('o.oprrest'),
    join: routine('o.oprjoin'),
    merges: 'NULLIF(o.oprcanmerge, false)',
    hashes: 'NULLIF(o.oprcanhash, false)',
    comment: comment('pg_operator', 'o.oid'),
  },
})}
FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
WHERE ${userSchema('n')} AND ${notOfExtension('pg_operator', 'o.oid')}`;

export const operatorClasses: CatalogQuery = () => `
${select({
  kind: "'operator_class'",
  name: `'class ' || quote_ident(m.amname) || ' ' || ${qualified('n', 'q.opcname')}`,
  owner: owner('q.opcowner'),
  attributes: {
    type: 'format_type(q.opcintype, NULL)',
    storage_type: 'CASE WHEN q.opckeytype <> 0 THEN format_type(q.opckeytype, NULL) END',
    default: 'NULLIF(q.opcdefault, false)',
    family: `(SELECT ${qualified('fn', 'f.opfname')} FROM pg_opfamily f
      JOIN pg_namespace fn ON fn.oid = f.opfnamespace WHERE f.oid = q.opcfamily)`,
    comment: comment('pg_opclass', 'q.oid'),
  },
})}
FROM pg_opclass q JOIN pg_namespace n ON n.oid = q.opcnamespace JOIN pg_am m ON m.oid = q.opcmethod
WHERE ${userSchema('n')} AND ${notOfExtension('pg_opclass', 'q.oid')}`;

export const operatorFamilies: CatalogQuery = () => `
${select({
  kind: "'operator_class'",
  name: `'family ' || quote_ident(m.amname) || ' ' || ${qualified('n', 'f.opfname')}`,
  owner: owner('f.opfowner'),
  attributes: {
    operators: `(SELECT string_agg(o.amopstrategy || ' ' || o.amopopr::regoperator::text, ', '
      ORDER BY o.amopstrategy, o.amopopr::regoperator::text COLLATE "C")
      FROM pg_amop o WHERE o.amopfamily = f.oid)`,
    functions: `(SELECT string_agg(s.amprocnum || ' ' || s.amproc::regprocedure::text, ', '
      ORDER BY s.amprocnum, s.amproc::regprocedure::text COLLATE "C")
      FROM pg_amproc s WHERE s.amprocfamily = f.oid)`,
    comment: comment('pg_opfamily', 'f.oid'),
  },
})}
FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
WHERE ${userSchema('n')} AND ${notOfExtension('pg_opfamily', 'f.oid')}`;
