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

export const textSearchConfigurations: CatalogQuery = () => `
${select({
  kind: "'text_search'",
  name: `'configuration ' || ${qualified('n', 'c.cfgname')}`,
  owner: owner('c.cfgowner'),
  attributes: {
    parser: `(SELECT ${qualified('pn', 'p.prsname')} FROM pg_ts_parser p
      JOIN pg_namespace pn ON pn.oid = p.prsnamespace WHERE p.oid = c.cfgparser)`,
    mappings: `(SELECT string_agg(line, '; ' ORDER BY line COLLATE "C") FROM (
      SELECT t.alias || ': ' || string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno) AS line
      FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
      WHERE m.mapcfg = c.oid GROUP BY t.alias) lines)`,
    comment: comment('pg_ts_config', 'c.oid'),
  },
})}
FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
WHERE ${userSchema('n')} AND ${notOfExtension('pg_ts_config', 'c.oid')}`;

export const textSearchDictionaries: CatalogQuery = () => `
${select({
  kind: "'text_search'",
  name: `'dictionary ' || ${qualified('n', 'd.dictname')}`,
  owner: owner('d.dictowner'),
  attributes: {
    template: `(SELECT ${qualified('tn', 't.tmplname')} FROM pg_ts_template t
      JOIN pg_namespace tn ON tn.oid = t.tmplnamespace WHERE t.oid = d.dicttemplate)`,
    options: 'd.dictinitoption',
    comment: comment('pg_ts_dict', 'd.oid'),
  },
})}
FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace
WHERE ${userSchema('n')} AND ${notOfExtension('pg_ts_dict', 'd.oid')}`;

export const textSearchParsers: CatalogQuery = () => `
${select({
  kind: "'text_search'",
  name: `'parser ' || ${qualified('n', 'p.prsname')}`,
  attributes: {
    start: routine('p.prsstart'),
    token: routine('p.prstoken'),
    end: routine('p.prsend'),
    headline: routine('p.prsheadline'),
    token_types: routine('p.prslextype'),
    comment: comment('pg_ts_parser', 'p.oid'),
  },
})}
FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace
WHERE ${userSchema('n')} AND ${notOfExtension('pg_ts_parser', 'p.oid')}`;

export const textSearchTemplates: CatalogQuery = () => `
${select({
  kind: "'text_search'",
  name: `'template ' || ${qualified('n', 't.tmplname')}`,
  attributes: {
    initialize: routine('t.tmplinit'),
    lexize: routine('t.tmpllexize'),
    comment: comment('pg_ts_template', 't.oid'),
  },
})}
FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace
WHERE ${userSchema('n')} AND ${notOfExtension('pg_ts_template', 't.oid')}`;
