import pg from 'pg';
import { RESCUE_SCHEMA } from '@/lib/core/rescue-schema';
import { SET_ASIDE_SCHEMA } from '@/lib/core/restore';
import type { InPlaceChoice } from '@/lib/core/restore-views';

/** A schema that a restore in place would set aside. */
export interface PresentSchema {
  name: string;
  oid: number;
  owner: string;
  owned: boolean;
}

/** An extension in such a schema: there is one of it in a database, so it follows the one that serves. */
export interface FollowingExtension {
  name: string;
  schema: string;
}

/** What is to be known of a database before its schemas are moved. */
export interface Examination {
  schemas: PresentSchema[];
  extensions: FollowingExtension[];
  /** What keeps schemas from being moved, as sentences. */
  moving: string[];
  /** What keeps a backup from being restored beside them: that, and where its rows would go. */
  problems: string[];
  remarks: string[];
}

/** Not PostgreSQL's, not Backstep's, and not one that is there for an extension alone. */
const SCHEMAS = `
  SELECT n.nspname AS name, n.oid::int8 AS oid, pg_catalog.pg_get_userbyid(n.nspowner) AS owner,
         pg_catalog.pg_has_role(n.nspowner, 'USAGE') AS owned
    FROM pg_catalog.pg_namespace n
   WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', ${pg.escapeLiteral(RESCUE_SCHEMA)})
     AND n.nspname !~ ${pg.escapeLiteral(SET_ASIDE_SCHEMA)}
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m
                      WHERE m.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                        AND m.objid = n.oid AND m.deptype = 'e')
     AND (NOT EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extnamespace = n.oid)
          OR EXISTS (
            SELECT FROM pg_catalog.pg_depend d
             WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = n.oid
               AND d.classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m
                                WHERE m.classid = d.classid AND m.objid = d.objid AND m.deptype = 'e')))
   ORDER BY 1`;

/** A role may move an extension when the extension and all that is in it are its own. */
const EXTENSIONS = `
  WITH members AS (
    SELECT d.refobjid AS extension, d.classid, d.objid FROM pg_catalog.pg_depend d
     WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
  ), owners AS (
    SELECT m.extension, p.proowner AS owner FROM members m JOIN pg_catalog.pg_proc p
        ON m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = m.objid
    UNION SELECT m.extension, t.typowner FROM members m JOIN pg_catalog.pg_type t
        ON m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = m.objid
    UNION SELECT m.extension, o.oprowner FROM members m JOIN pg_catalog.pg_operator o
        ON m.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND o.oid = m.objid
    UNION SELECT m.extension, o.opcowner FROM members m JOIN pg_catalog.pg_opclass o
        ON m.classid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND o.oid = m.objid
    UNION SELECT m.extension, o.opfowner FROM members m JOIN pg_catalog.pg_opfamily o
        ON m.classid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass AND o.oid = m.objid
    UNION SELECT e.oid, e.extowner FROM pg_catalog.pg_extension e
  )
  SELECT e.extname AS name, n.nspname AS schema, e.extrelocatable AS relocatable,
         (SELECT bool_and(pg_catalog.pg_has_role(o.owner, 'USAGE')) FROM owners o
           WHERE o.extension = e.oid) AS owned,
         EXISTS (SELECT FROM members m WHERE m.extension = e.oid
                    AND m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass) AS relations
    FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
   WHERE n.nspname = ANY ($1::text[])
   ORDER BY 1`;

interface ExtensionRow extends FollowingExtension {
  relocatable: boolean;
  owned: boolean;
  relations: boolean;
}

const RELATIONS = `
  SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
     AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                        AND d.objid = c.oid AND d.deptype = 'e')
   ORDER BY 1 LIMIT 6`;

const DATABASE = `
  SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS "mayCreate",
         current_user::text AS role, pg_catalog.current_database()::text AS database,
         ARRAY(SELECT s.slot_name::text FROM pg_catalog.pg_replication_slots s
                WHERE s.database = pg_catalog.current_database()
                  AND (s.plugin <> 'pgoutput'
                       OR EXISTS (SELECT FROM pg_catalog.pg_publication p WHERE p.puballtables))
                ORDER BY 1) AS slots,
         ARRAY(SELECT p.pubname::text FROM pg_catalog.pg_publication p
                WHERE NOT p.puballtables ORDER BY 1) AS publications,
         ARRAY(SELECT e.evtname::text FROM pg_catalog.pg_event_trigger e
                WHERE e.evtenabled <> 'D' ORDER BY 1) AS "eventTriggers",
         ARRAY(SELECT s.srvname::text FROM pg_catalog.pg_foreign_server s ORDER BY 1) AS servers,
         ARRAY(SELECT s.subname::text FROM pg_catalog.pg_subscription s
                WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d
                                    WHERE d.datname = pg_catalog.current_database()) ORDER BY 1) AS subscriptions,
         EXISTS (SELECT FROM pg_catalog.pg_cast c WHERE c.oid >= 16384) AS casts,
         EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) AS "largeObjects"`;

interface DatabaseRow {
  mayCreate: boolean;
  role: string;
  database: string;
  slots: string[];
  publications: string[];
  eventTriggers: string[];
  servers: string[];
  subscriptions: string[];
  casts: boolean;
  largeObjects: boolean;
}

/**
 * Reads which schemas a restore in place would move, what follows them, and what is in its way.
 * @param client on the target's database, with `url`: what its role may do is what counts
 */
export async function examineInPlace(client: pg.ClientBase): Promise<Examination> {
  const found = await client.query<Omit<PresentSchema, 'oid'> & { oid: string }>(SCHEMAS);
  const schemas = found.rows.map((row) => ({ ...row, oid: Number(row.oid) }));
  const names = schemas.map(({ name }) => name);
  const extensions = (await client.query<ExtensionRow>(EXTENSIONS, [names])).rows;
  const foreign = (await client.query<{ name: string }>(RELATIONS, [names])).rows;
  const [database] = (await client.query<DatabaseRow>(DATABASE)).rows;
  if (!database) throw new Error('the server told nothing of the database');
  const moving = [
    ...rightsProblems(database, schemas, foreign),
    ...extensions.flatMap((extension) => extensionProblem(extension, database) ?? []),
    ...subscriptionProblem(database),
  ];
  return {
    schemas,
    extensions: extensions.map(({ name, schema }) => ({ name, schema })),
    moving,
    problems: [...moving, ...slotProblem(database)],
    remarks: remarksOn(database),
  };
}

/** As the choice of a backup shows it. */
export function inPlaceChoice({
  schemas,
  extensions,
  problems,
  remarks,
}: Examination): InPlaceChoice {
  return {
    possible: problems.length === 0,
    why: problems.length === 0 ? null : problems.join(' '),
    schemas: schemas.map(({ name }) => name),
    extensions: extensions.map(({ name }) => name),
    remarks,
  };
}

function rightsProblems(
  { mayCreate, role, database }: DatabaseRow,
  schemas: readonly PresentSchema[],
  foreign: readonly { name: string }[],
): string[] {
  const problems: string[] = [];
  if (schemas.length === 0) problems.push('The database has no schema that could be restored.');
  if (!mayCreate)
    problems.push(
      `The role ${role} may not create schemas in it: GRANT CREATE ON DATABASE ${id(database)} TO ${id(role)};`,
    );
  for (const { name, owner, owned } of schemas)
    if (!owned)
      problems.push(
        `The schema ${name} belongs to ${owner}, and only who has that role may rename it: ALTER SCHEMA ${id(name)} OWNER TO ${id(role)};`,
      );
  if (foreign.length > 0)
    problems.push(
      `${listed(foreign.map(({ name }) => name))} ${foreign.length === 1 ? 'belongs' : 'belong'} to a role that ${role} does not have, so that they can’t be locked for the swap.`,
    );
  return problems;
}

function extensionProblem(
  { name, schema, relocatable, owned, relations }: ExtensionRow,
  { role }: DatabaseRow,
): string | null {
  const what = `The extension ${name} is in the schema ${schema} and can’t be moved with it`;
  if (!relocatable) return `${what}: it is not relocatable.`;
  if (!owned) return `${what}: it, or a part of it, does not belong to ${role}.`;
  if (relations)
    return `${what}: it has tables or views, which nobody could read for as long as the restore takes.`;
  return null;
}

/** The restored rows go through the log like any other: a subscriber would take them for new ones. */
const slotProblem = ({ slots }: DatabaseRow): string[] =>
  slots.length === 0
    ? []
    : [
        `What reads the logical replication slot ${listed(slots)} would be sent every restored row as if the application had written it. Drop the slot first (a temporary one goes with its session), and set it up anew afterwards.`,
      ];

const subscriptionProblem = ({ subscriptions }: DatabaseRow): string[] =>
  subscriptions.length === 0
    ? []
    : [
        `The subscription ${listed(subscriptions)} writes into tables that would be set aside. Drop it first, and set it up anew afterwards.`,
      ];

function remarksOn(database: DatabaseRow): string[] {
  const { publications, eventTriggers, servers, casts, largeObjects } = database;
  const remarks: string[] = [];
  if (publications.length > 0)
    remarks.push(
      `Publications name the present tables, and go on naming those once they are set aside: ${listed(publications)}. Add the restored ones after the swap.`,
    );
  if (eventTriggers.length > 0)
    remarks.push(
      `Event triggers stay, and run for each command of the restore: ${listed(eventTriggers)}.`,
    );
  if (servers.length > 0)
    remarks.push(`Foreign servers and user mappings stay as they are: ${listed(servers)}.`);
  if (casts) remarks.push('Casts stay as they are; those of restored types have to be made anew.');
  if (largeObjects) remarks.push('Large objects belong to no schema, and stay as they are.');
  return remarks;
}

const id = pg.escapeIdentifier;

const NAMED_AT_MOST = 5;

const listed = (names: readonly string[]): string =>
  names.length > NAMED_AT_MOST
    ? `${names.slice(0, NAMED_AT_MOST).join(', ')} and more`
    : names.join(', ');
