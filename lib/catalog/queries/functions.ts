import {
  acl,
  type CatalogQuery,
  comment,
  notFence,
  notOfExtension,
  owner,
  routine,
  select,
  userSchema,
} from './catalog-query';

/**
 * Functions, procedures and aggregates, by the types of their arguments. Left out are those that come
 * with a range type, and the fence.
 */
export const functions: CatalogQuery = (scope) => `
${select({
  kind: "'function'",
  name: 'p.oid::regprocedure::text',
  owner: owner('p.proowner'),
  acl: acl('p.proacl'),
  attributes: {
    form: `CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window function'
      ELSE 'function' END`,
    arguments: 'pg_get_function_arguments(p.oid)',
    result: 'pg_get_function_result(p.oid)',
    language: '(SELECT l.lanname FROM pg_language l WHERE l.oid = p.prolang)',
    // PostgreSQL can't print an aggregate's definition.
    definition: "CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END",
    aggregate_kind: 'g.aggkind::text',
    direct_arguments: 'g.aggnumdirectargs',
    transition: routine('g.aggtransfn'),
    transition_type: 'format_type(g.aggtranstype, NULL)',
    transition_space: 'NULLIF(g.aggtransspace, 0)',
    final: routine('g.aggfinalfn'),
    final_extra: 'NULLIF(g.aggfinalextra, false)',
    final_modify: 'g.aggfinalmodify::text',
    combine: routine('g.aggcombinefn'),
    serialize: routine('g.aggserialfn'),
    deserialize: routine('g.aggdeserialfn'),
    initial: 'g.agginitval',
    moving_transition: routine('g.aggmtransfn'),
    moving_inverse: routine('g.aggminvtransfn'),
    moving_final: routine('g.aggmfinalfn'),
    moving_final_extra: 'NULLIF(g.aggmfinalextra, false)',
    moving_final_modify: 'g.aggmfinalmodify::text',
    moving_type: 'CASE WHEN g.aggmtranstype <> 0 THEN format_type(g.aggmtranstype, NULL) END',
    moving_space: 'NULLIF(g.aggmtransspace, 0)',
    moving_initial: 'g.aggminitval',
    sort_operator: 'CASE WHEN g.aggsortop <> 0 THEN g.aggsortop::regoperator::text END',
    parallel: "CASE WHEN p.prokind = 'a' THEN p.proparallel::text END",
    comment: comment('pg_proc', 'p.oid'),
  },
})}
FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  LEFT JOIN pg_aggregate g ON g.aggfnoid = p.oid
WHERE ${userSchema('n')} AND ${notOfExtension('pg_proc', 'p.oid')}
  AND ${notFence(scope, 'n', 'p.proname')}
  AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass
    AND i.objid = p.oid AND i.deptype = 'i')`;
