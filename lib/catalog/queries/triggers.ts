import {
  type CatalogQuery,
  comment,
  notOfExtension,
  notTracking,
  owner,
  qualified,
  select,
  switched,
  userSchema,
} from './catalog-query';

/** Triggers that somebody wrote; those behind foreign keys are internal. */
export const triggers: CatalogQuery = (scope) => `
${select({
  kind: "'trigger'",
  unit: 't.tgrelid',
  name: `${qualified('n', 'c.relname')} || '.' || quote_ident(t.tgname)`,
  parent: qualified('n', 'c.relname'),
  attributes: {
    definition: 'pg_get_triggerdef(t.oid)',
    firing: switched('t.tgenabled'),
    comment: comment('pg_trigger', 't.oid'),
  },
})}
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND ${userSchema('n')} AND ${notTracking(scope, 'n', 'c')}
  AND ${notOfExtension('pg_class', 'c.oid')} AND ${notOfExtension('pg_trigger', 't.oid')}`;

export const eventTriggers: CatalogQuery = () => `
${select({
  kind: "'event_trigger'",
  name: 'quote_ident(e.evtname)',
  owner: owner('e.evtowner'),
  attributes: {
    event: 'e.evtevent',
    function: 'e.evtfoid::regprocedure::text',
    tags: "array_to_string(e.evttags, ', ')",
    firing: switched('e.evtenabled'),
    comment: comment('pg_event_trigger', 'e.oid'),
  },
})}
FROM pg_event_trigger e WHERE ${notOfExtension('pg_event_trigger', 'e.oid')}`;
