import { casts } from './casts';
import type { CatalogQuery } from './catalog-query';
import { collations } from './collations';
import { columns } from './columns';
import { domainConstraints, tableConstraints } from './constraints';
import { conversions } from './conversions';
import { defaultRights } from './default-rights';
import { extensions } from './extensions';
import { FIRST_USER_OID } from './first-user-oid';
import { foreignDataWrappers, foreignServers } from './foreign-servers';
import { functions } from './functions';
import { indexes } from './indexes';
import { accessMethods, languages, transforms } from './languages';
import { operatorClasses, operatorFamilies, operators } from './operators';
import { policies } from './policies';
import { publications } from './publications';
import { relations } from './relations';
import { roles, settings } from './roles';
import { rules } from './rules';
import { schemas } from './schemas';
import { securityLabels } from './security-labels';
import { sequences } from './sequences';
import type { StampName } from './stamp-names';
import { statistics } from './statistics';
import {
  currentDatabase,
  extensionComments,
  parameters,
  subscriptions,
  tablespaces,
  userMappings,
} from './surroundings';
import {
  textSearchConfigurations,
  textSearchDictionaries,
  textSearchParsers,
  textSearchTemplates,
} from './text-search';
import { eventTriggers, triggers } from './triggers';
import { types } from './types';

/** A query, and for kinds that most schemas lack, where a row must be for the query to find anything. */
export interface PlannedQuery {
  query: CatalogQuery;
  /** What follows FROM. To plan a query takes longer than to see that there is nothing. */
  somethingIn?: string;
  /** The objects are parts of a relation or of a type, each with its `unit`, and can be read by it. */
  partOf?: 'relation' | 'type';
  /** The stamp that lists the units that have such objects. */
  listedBy?: StampName;
}

/** What PostgreSQL did not bring itself; without regard to extensions, which the queries leave out. */
const own = (catalog: string) => `pg_catalog.${catalog} WHERE oid >= ${FIRST_USER_OID}`;

/** All that makes up a schema. They run in one round trip. */
export const QUERIES: readonly PlannedQuery[] = [
  { query: schemas },
  { query: extensions },
  { query: foreignDataWrappers, somethingIn: 'pg_catalog.pg_foreign_data_wrapper' },
  { query: foreignServers, somethingIn: 'pg_catalog.pg_foreign_server' },
  { query: collations, somethingIn: own('pg_collation') },
  { query: types, partOf: 'type', listedBy: 'pg_type.oid' },
  {
    query: sequences,
    partOf: 'relation',
    listedBy: 'pg_sequence.seqrelid',
    somethingIn: 'pg_catalog.pg_sequence',
  },
  { query: relations, partOf: 'relation', listedBy: 'pg_class.oid' },
  { query: columns, partOf: 'relation', listedBy: 'pg_class.oid' },
  { query: tableConstraints, partOf: 'relation', listedBy: 'pg_constraint.conrelid' },
  {
    query: domainConstraints,
    partOf: 'type',
    listedBy: 'pg_constraint.contypid',
    somethingIn: `${own('pg_constraint')} AND contypid <> 0`,
  },
  { query: indexes, partOf: 'relation', listedBy: 'pg_index.indrelid' },
  { query: functions, somethingIn: own('pg_proc') },
  { query: operators, somethingIn: own('pg_operator') },
  { query: operatorClasses, somethingIn: own('pg_opclass') },
  { query: operatorFamilies, somethingIn: own('pg_opfamily') },
  { query: casts, somethingIn: own('pg_cast') },
  {
    query: triggers,
    partOf: 'relation',
    listedBy: 'pg_trigger.tgrelid',
    somethingIn: 'pg_catalog.pg_trigger WHERE NOT tgisinternal',
  },
  {
    query: rules,
    partOf: 'relation',
    listedBy: 'pg_rewrite.ev_class',
    somethingIn: "pg_catalog.pg_rewrite WHERE rulename <> '_RETURN'",
  },
  {
    query: policies,
    partOf: 'relation',
    listedBy: 'pg_policy.polrelid',
    somethingIn: 'pg_catalog.pg_policy',
  },
  {
    query: statistics,
    partOf: 'relation',
    listedBy: 'pg_statistic_ext.stxrelid',
    somethingIn: 'pg_catalog.pg_statistic_ext',
  },
  { query: textSearchConfigurations, somethingIn: own('pg_ts_config') },
  { query: textSearchDictionaries, somethingIn: own('pg_ts_dict') },
  { query: textSearchParsers, somethingIn: own('pg_ts_parser') },
  { query: textSearchTemplates, somethingIn: own('pg_ts_template') },
  { query: eventTriggers, somethingIn: 'pg_catalog.pg_event_trigger' },
  { query: publications, somethingIn: 'pg_catalog.pg_publication' },
  { query: conversions, somethingIn: own('pg_conversion') },
  { query: languages, somethingIn: own('pg_language') },
  { query: transforms, somethingIn: 'pg_catalog.pg_transform' },
  { query: accessMethods, somethingIn: own('pg_am') },
  { query: securityLabels, somethingIn: 'pg_catalog.pg_seclabel' },
  { query: defaultRights, somethingIn: 'pg_catalog.pg_default_acl' },
];

/** What is around a schema: the kinds of `ClusterKind`. A query may be empty on an older server. */
export const CLUSTER_QUERIES: readonly PlannedQuery[] = [
  { query: roles },
  { query: settings, somethingIn: 'pg_catalog.pg_db_role_setting' },
  { query: currentDatabase },
  { query: tablespaces },
  { query: parameters },
  // Of its columns, the connection string is not everybody's to read.
  { query: subscriptions, somethingIn: '(SELECT oid FROM pg_catalog.pg_subscription) s' },
  { query: userMappings, somethingIn: 'pg_catalog.pg_foreign_server' },
  { query: extensionComments },
];
