import { casts } from './casts';
import type { CatalogQuery } from './catalog-query';
import { collations } from './collations';
import { columns } from './columns';
import { domainConstraints, tableConstraints } from './constraints';
import { defaultRights } from './default-rights';
import { extensions } from './extensions';
import { foreignDataWrappers, foreignServers } from './foreign-servers';
import { functions } from './functions';
import { indexes } from './indexes';
import { operatorClasses, operatorFamilies, operators } from './operators';
import { policies } from './policies';
import { publications } from './publications';
import { relations } from './relations';
import { rules } from './rules';
import { schemas } from './schemas';
import { sequences } from './sequences';
import { statistics } from './statistics';
import {
  textSearchConfigurations,
  textSearchDictionaries,
  textSearchParsers,
  textSearchTemplates,
} from './text-search';
import { eventTriggers, triggers } from './triggers';
import { types } from './types';

/** All that makes up a schema. They run in one round trip. */
export const QUERIES: readonly CatalogQuery[] = [
  schemas,
  extensions,
  foreignDataWrappers,
  foreignServers,
  collations,
  types,
  sequences,
  relations,
  columns,
  tableConstraints,
  domainConstraints,
  indexes,
  functions,
  operators,
  operatorClasses,
  operatorFamilies,
  casts,
  triggers,
  rules,
  policies,
  statistics,
  textSearchConfigurations,
  textSearchDictionaries,
  textSearchParsers,
  textSearchTemplates,
  eventTriggers,
  publications,
  defaultRights,
];
