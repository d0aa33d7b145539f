/** One thing changed in `PLANTED_ON`, what a diff must say, and how to take it back. */
export interface PlantedChange {
  name: string;
  plant: string;
  revert: string;
  /** `+-~ kind name: attribute,attribute`, one for each object that differs. */
  changes: string[];
  /** Only visible with `rights` or `cluster`: the fingerprint stays. */
  beside?: 'rights' | 'cluster';
  /** Taken back, columns stand in another order. */
  reorders?: string;
}

/**
 * A schema with one object for each planted change, so that any of them can be planted together.
 * Roles belong to the whole server, so their names carry the database's.
 */
export const plantedOn = (role: string) => `
  CREATE ROLE ${role} NOLOGIN; CREATE ROLE ${role}_b;
  CREATE EXTENSION citext; CREATE SCHEMA app; CREATE SCHEMA spare;
  CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TYPE pair AS (a int, b text);
  CREATE DOMAIN email AS text; CREATE DOMAIN amount AS int CONSTRAINT positive CHECK (value > 0);
  CREATE COLLATION plain FROM "C"; CREATE SEQUENCE numbers; CREATE SEQUENCE loose;
  CREATE TABLE c_type (x int); CREATE TABLE c_null (x int); CREATE TABLE c_default (x int DEFAULT 1);
  CREATE TABLE c_add (x int); CREATE TABLE c_drop (x int, y int); CREATE TABLE c_identity (x int NOT NULL);
  CREATE TABLE c_generated (x int, y int GENERATED ALWAYS AS (x + 1) STORED);
  CREATE TABLE c_comment (x int); CREATE TABLE c_storage (x text); CREATE TABLE c_collation (x text);
  CREATE TABLE k_check (x int); CREATE TABLE k_valid (x int); ALTER TABLE k_valid ADD CONSTRAINT v CHECK (x > 0) NOT VALID;
  CREATE TABLE k_target (id int PRIMARY KEY);
  CREATE TABLE k_action (x int CONSTRAINT f REFERENCES k_target);
  CREATE TABLE k_defer (x int CONSTRAINT f REFERENCES k_target);
  CREATE TABLE k_off (x int CONSTRAINT f REFERENCES k_target);
  CREATE TABLE k_comment (x int CONSTRAINT k PRIMARY KEY);
  CREATE TABLE i_table (x int, y text); CREATE INDEX i_method ON i_table (x);
  CREATE UNIQUE INDEX i_where ON i_table (y); CREATE INDEX i_comment ON i_table (x, y);
  CREATE TABLE i_cluster (x int); CREATE INDEX i_clustered ON i_cluster (x);
  CREATE TABLE i_identity (x int NOT NULL); CREATE UNIQUE INDEX i_replica ON i_identity (x);
  CREATE TABLE t_security (x int); CREATE TABLE t_force (x int); CREATE TABLE t_unlogged (x int);
  CREATE TABLE t_options (x int); CREATE TABLE t_comment (x int); CREATE TABLE t_replica (x int);
  CREATE TABLE t_parent (x int); CREATE TABLE t_child (x int);
  CREATE TABLE t_parts (x int) PARTITION BY LIST (x); CREATE TABLE t_part PARTITION OF t_parts FOR VALUES IN (1);
  CREATE TABLE p_table (x int); CREATE POLICY p_roles ON p_table USING (x > 0);
  CREATE TABLE g_table (x int);
  CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
  CREATE TRIGGER g_off BEFORE INSERT ON g_table FOR EACH ROW EXECUTE FUNCTION fire();
  CREATE FUNCTION body() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION strict_one(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION event() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
  CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
  CREATE VIEW v_text AS SELECT x FROM c_add; CREATE VIEW v_option AS SELECT 1 AS x;
  CREATE MATERIALIZED VIEW m_data AS SELECT 1 AS x;
  CREATE TABLE s_table (x int, y int); CREATE STATISTICS s_target ON x, y FROM s_table;
  CREATE TABLE r_table (x int); CREATE PUBLICATION pub FOR TABLE c_add;
  CREATE FOREIGN DATA WRAPPER wrap; CREATE SERVER far FOREIGN DATA WRAPPER wrap;
  CREATE FOREIGN TABLE far_table (x int) SERVER far;
  CREATE TEXT SEARCH CONFIGURATION words (COPY = pg_catalog.simple);
  CREATE TABLE a_table (x int); CREATE TABLE a_column (x int); CREATE TABLE a_owner (x int);
  CREATE FUNCTION a_function() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE TABLE o_table (x int, y int);
`;

const table = (name: string) => `public.${name}`;

/** Each on an object of its own in `plantedOn`. */
export const plantedChanges = (role: string, database: string): PlantedChange[] => [
  {
    name: 'a schema',
    plant: 'CREATE SCHEMA more',
    revert: 'DROP SCHEMA more',
    changes: ['+ schema more'],
  },
  {
    name: 'a schema’s comment',
    plant: "COMMENT ON SCHEMA app IS 'x'",
    revert: 'COMMENT ON SCHEMA app IS NULL',
    changes: ['~ schema app: comment'],
  },
  {
    name: 'an extension',
    plant: 'CREATE EXTENSION pg_trgm',
    revert: 'DROP EXTENSION pg_trgm',
    changes: ['+ extension pg_trgm', '+ comment extension pg_trgm'],
  },
  {
    name: 'an extension’s schema',
    plant: 'ALTER EXTENSION citext SET SCHEMA spare',
    revert: 'ALTER EXTENSION citext SET SCHEMA public',
    changes: ['~ extension citext: schema'],
  },
  {
    name: 'a table',
    plant: 'CREATE TABLE more_table (x int)',
    revert: 'DROP TABLE more_table',
    changes: ['+ table public.more_table', '+ column public.more_table.x'],
  },
  {
    name: 'row security',
    plant: 'ALTER TABLE t_security ENABLE ROW LEVEL SECURITY',
    revert: 'ALTER TABLE t_security DISABLE ROW LEVEL SECURITY',
    changes: ['~ table public.t_security: row security'],
  },
  {
    name: 'forced row security',
    plant: 'ALTER TABLE t_force FORCE ROW LEVEL SECURITY',
    revert: 'ALTER TABLE t_force NO FORCE ROW LEVEL SECURITY',
    changes: ['~ table public.t_force: force row security'],
  },
  {
    name: 'persistence',
    plant: 'ALTER TABLE t_unlogged SET UNLOGGED',
    revert: 'ALTER TABLE t_unlogged SET LOGGED',
    changes: ['~ table public.t_unlogged: unlogged'],
  },
  {
    name: 'storage parameters',
    plant: 'ALTER TABLE t_options SET (fillfactor = 70)',
    revert: 'ALTER TABLE t_options RESET (fillfactor)',
    changes: ['~ table public.t_options: options'],
  },
  {
    name: 'a table’s comment',
    plant: "COMMENT ON TABLE t_comment IS 'x'",
    revert: 'COMMENT ON TABLE t_comment IS NULL',
    changes: ['~ table public.t_comment: comment'],
  },
  {
    name: 'replica identity',
    plant: 'ALTER TABLE t_replica REPLICA IDENTITY FULL',
    revert: 'ALTER TABLE t_replica REPLICA IDENTITY DEFAULT',
    changes: ['~ table public.t_replica: replica identity'],
  },
  {
    name: 'inheritance',
    plant: 'ALTER TABLE t_child INHERIT t_parent',
    revert: 'ALTER TABLE t_child NO INHERIT t_parent',
    changes: [
      '~ table public.t_child: inherits',
      '~ column public.t_child.x: inherited,also local',
    ],
  },
  {
    name: 'partition bounds',
    plant:
      'ALTER TABLE t_parts DETACH PARTITION t_part; ALTER TABLE t_parts ATTACH PARTITION t_part FOR VALUES IN (1, 2)',
    revert:
      'ALTER TABLE t_parts DETACH PARTITION t_part; ALTER TABLE t_parts ATTACH PARTITION t_part FOR VALUES IN (1)',
    changes: ['~ table public.t_part: partition bound'],
  },
  {
    name: 'a column',
    plant: 'ALTER TABLE c_add ADD y text',
    revert: 'ALTER TABLE c_add DROP y',
    changes: ['+ column public.c_add.y'],
  },
  {
    name: 'a dropped column',
    plant: 'ALTER TABLE c_drop DROP x',
    revert: 'ALTER TABLE c_drop ADD x int',
    changes: ['- column public.c_drop.x'],
    reorders: table('c_drop'),
  },
  {
    name: 'a column’s type',
    plant: 'ALTER TABLE c_type ALTER x TYPE bigint',
    revert: 'ALTER TABLE c_type ALTER x TYPE int',
    changes: ['~ column public.c_type.x: type'],
  },
  {
    name: 'NOT NULL',
    plant: 'ALTER TABLE c_null ALTER x SET NOT NULL',
    revert: 'ALTER TABLE c_null ALTER x DROP NOT NULL',
    changes: ['~ column public.c_null.x: not null'],
  },
  {
    name: 'a default',
    plant: 'ALTER TABLE c_default ALTER x SET DEFAULT 2',
    revert: 'ALTER TABLE c_default ALTER x SET DEFAULT 1',
    changes: ['~ column public.c_default.x: default'],
  },
  {
    name: 'identity',
    plant: 'ALTER TABLE c_identity ALTER x ADD GENERATED ALWAYS AS IDENTITY',
    revert: 'ALTER TABLE c_identity ALTER x DROP IDENTITY',
    changes: ['~ column public.c_identity.x: identity', '+ sequence public.c_identity_x_seq'],
  },
  {
    name: 'a generated column',
    plant: 'ALTER TABLE c_generated DROP y, ADD y int GENERATED ALWAYS AS (x + 2) STORED',
    revert: 'ALTER TABLE c_generated DROP y, ADD y int GENERATED ALWAYS AS (x + 1) STORED',
    changes: ['~ column public.c_generated.y: generated'],
  },
  {
    name: 'a column’s collation',
    plant: 'ALTER TABLE c_collation ALTER x TYPE text COLLATE "C"',
    revert: 'ALTER TABLE c_collation ALTER x TYPE text',
    changes: ['~ column public.c_collation.x: collation'],
  },
  {
    name: 'a column’s storage',
    plant: 'ALTER TABLE c_storage ALTER x SET STORAGE external',
    revert: 'ALTER TABLE c_storage ALTER x SET STORAGE extended',
    changes: ['~ column public.c_storage.x: storage'],
  },
  {
    name: 'a column’s comment',
    plant: "COMMENT ON COLUMN c_comment.x IS 'x'",
    revert: 'COMMENT ON COLUMN c_comment.x IS NULL',
    changes: ['~ column public.c_comment.x: comment'],
  },
  {
    name: 'a check',
    plant: 'ALTER TABLE k_check ADD CONSTRAINT k CHECK (x > 0)',
    revert: 'ALTER TABLE k_check DROP CONSTRAINT k',
    changes: ['+ constraint public.k_check.k'],
  },
  {
    name: 'a validated check',
    plant: 'ALTER TABLE k_valid VALIDATE CONSTRAINT v',
    revert:
      'ALTER TABLE k_valid DROP CONSTRAINT v; ALTER TABLE k_valid ADD CONSTRAINT v CHECK (x > 0) NOT VALID',
    changes: ['~ constraint public.k_valid.v: definition'],
  },
  {
    name: 'a foreign key’s action',
    plant:
      'ALTER TABLE k_action DROP CONSTRAINT f, ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES k_target ON DELETE CASCADE',
    revert:
      'ALTER TABLE k_action DROP CONSTRAINT f, ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES k_target',
    changes: ['~ constraint public.k_action.f: definition'],
  },
  {
    name: 'a deferrable foreign key',
    plant: 'ALTER TABLE k_defer ALTER CONSTRAINT f DEFERRABLE INITIALLY DEFERRED',
    revert: 'ALTER TABLE k_defer ALTER CONSTRAINT f NOT DEFERRABLE',
    changes: ['~ constraint public.k_defer.f: definition'],
  },
  {
    name: 'a foreign key that is not enforced',
    plant: 'ALTER TABLE k_off DISABLE TRIGGER ALL',
    revert: 'ALTER TABLE k_off ENABLE TRIGGER ALL',
    changes: ['~ constraint public.k_off.f: not enforced by'],
  },
  {
    name: 'the comment on a key’s index',
    plant: "COMMENT ON INDEX k IS 'x'",
    revert: 'COMMENT ON INDEX k IS NULL',
    changes: ['~ constraint public.k_comment.k: index comment'],
  },
  {
    name: 'an index',
    plant: 'CREATE INDEX i_more ON i_table (y)',
    revert: 'DROP INDEX i_more',
    changes: ['+ index public.i_more'],
  },
  {
    name: 'an index’s method',
    plant: 'DROP INDEX i_method; CREATE INDEX i_method ON i_table USING hash (x)',
    revert: 'DROP INDEX i_method; CREATE INDEX i_method ON i_table (x)',
    changes: ['~ index public.i_method: definition'],
  },
  {
    name: 'an index’s predicate',
    plant: 'DROP INDEX i_where; CREATE UNIQUE INDEX i_where ON i_table (y) WHERE x > 0',
    revert: 'DROP INDEX i_where; CREATE UNIQUE INDEX i_where ON i_table (y)',
    changes: ['~ index public.i_where: definition'],
  },
  {
    name: 'an index’s comment',
    plant: "COMMENT ON INDEX i_comment IS 'x'",
    revert: 'COMMENT ON INDEX i_comment IS NULL',
    changes: ['~ index public.i_comment: comment'],
  },
  {
    name: 'clustering',
    plant: 'ALTER TABLE i_cluster CLUSTER ON i_clustered',
    revert: 'ALTER TABLE i_cluster SET WITHOUT CLUSTER',
    changes: ['~ index public.i_clustered: clustered'],
  },
  {
    name: 'replica identity by index',
    plant: 'ALTER TABLE i_identity REPLICA IDENTITY USING INDEX i_replica',
    revert: 'ALTER TABLE i_identity REPLICA IDENTITY DEFAULT',
    changes: [
      '~ table public.i_identity: replica identity',
      '~ index public.i_replica: replica identity',
    ],
  },
  {
    name: 'a policy',
    plant: 'CREATE POLICY p_more ON p_table FOR SELECT USING (true)',
    revert: 'DROP POLICY p_more ON p_table',
    changes: ['+ policy public.p_table.p_more'],
  },
  {
    name: 'a policy’s roles',
    plant: `ALTER POLICY p_roles ON p_table TO ${role}`,
    revert: 'ALTER POLICY p_roles ON p_table TO PUBLIC',
    changes: ['~ policy public.p_table.p_roles: roles'],
  },
  {
    name: 'a trigger',
    plant: 'CREATE TRIGGER g_more AFTER UPDATE ON g_table FOR EACH ROW EXECUTE FUNCTION fire()',
    revert: 'DROP TRIGGER g_more ON g_table',
    changes: ['+ trigger public.g_table.g_more'],
  },
  {
    name: 'a disabled trigger',
    plant: 'ALTER TABLE g_table DISABLE TRIGGER g_off',
    revert: 'ALTER TABLE g_table ENABLE TRIGGER g_off',
    changes: ['~ trigger public.g_table.g_off: firing'],
  },
  {
    name: 'an event trigger',
    plant: 'CREATE EVENT TRIGGER ev ON sql_drop EXECUTE FUNCTION event()',
    revert: 'DROP EVENT TRIGGER ev',
    changes: ['+ event_trigger ev'],
  },
  {
    name: 'a rule',
    plant: 'CREATE RULE r AS ON DELETE TO r_table DO INSTEAD NOTHING',
    revert: 'DROP RULE r ON r_table',
    changes: ['+ rule public.r_table.r'],
  },
  {
    name: 'a function’s body',
    plant: "CREATE OR REPLACE FUNCTION body() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    revert: "CREATE OR REPLACE FUNCTION body() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    changes: ['~ function public.body(): definition'],
  },
  {
    name: 'a function’s strictness',
    plant: 'ALTER FUNCTION strict_one(int) STRICT',
    revert: 'ALTER FUNCTION strict_one(int) CALLED ON NULL INPUT',
    changes: ['~ function public.strict_one(integer): definition'],
  },
  {
    name: 'a procedure',
    plant: "CREATE PROCEDURE act() LANGUAGE sql AS ''",
    revert: 'DROP PROCEDURE act()',
    changes: ['+ function public.act()'],
  },
  {
    name: 'an aggregate',
    plant: "CREATE OR REPLACE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int, INITCOND = '5')",
    revert: 'CREATE OR REPLACE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int)',
    changes: ['~ function public.total(integer): initial'],
  },
  {
    name: 'a view’s text',
    plant: 'CREATE OR REPLACE VIEW v_text AS SELECT x FROM c_add WHERE x > 1',
    revert: 'CREATE OR REPLACE VIEW v_text AS SELECT x FROM c_add',
    changes: ['~ view public.v_text: definition'],
  },
  {
    name: 'a view’s options',
    plant: 'ALTER VIEW v_option SET (security_barrier)',
    revert: 'ALTER VIEW v_option RESET (security_barrier)',
    changes: ['~ view public.v_option: options'],
  },
  {
    name: 'an unpopulated materialized view',
    plant: 'REFRESH MATERIALIZED VIEW m_data WITH NO DATA',
    revert: 'REFRESH MATERIALIZED VIEW m_data',
    changes: ['~ materialized_view public.m_data: without data'],
  },
  {
    name: 'a sequence’s parameters',
    plant: 'ALTER SEQUENCE numbers INCREMENT 3 CYCLE',
    revert: 'ALTER SEQUENCE numbers INCREMENT 1 NO CYCLE',
    changes: ['~ sequence public.numbers: increment,cycle'],
  },
  {
    name: 'a sequence’s column',
    plant: 'ALTER SEQUENCE loose OWNED BY c_comment.x',
    revert: 'ALTER SEQUENCE loose OWNED BY NONE',
    changes: ['~ sequence public.loose: table,owned by'],
  },
  {
    name: 'the label of an enum',
    plant: "ALTER TYPE mood RENAME VALUE 'bad' TO 'worse'",
    revert: "ALTER TYPE mood RENAME VALUE 'worse' TO 'bad'",
    changes: ['~ type public.mood: labels'],
  },
  {
    name: 'an enum',
    plant: "CREATE TYPE more_mood AS ENUM ('a')",
    revert: 'DROP TYPE more_mood',
    changes: ['+ type public.more_mood'],
  },
  {
    name: 'a composite type',
    plant: 'ALTER TYPE pair ADD ATTRIBUTE c int',
    revert: 'ALTER TYPE pair DROP ATTRIBUTE c',
    changes: ['~ type public.pair: attributes'],
  },
  {
    name: 'the comment on a composite type’s attribute',
    plant: "COMMENT ON COLUMN pair.a IS 'x'",
    revert: 'COMMENT ON COLUMN pair.a IS NULL',
    changes: ['~ type public.pair: attribute comments'],
  },
  {
    name: 'a domain’s default',
    plant: "ALTER DOMAIN email SET DEFAULT 'x'",
    revert: 'ALTER DOMAIN email DROP DEFAULT',
    changes: ['~ type public.email: default'],
  },
  {
    name: 'a domain’s check',
    plant: 'ALTER DOMAIN amount DROP CONSTRAINT positive',
    revert: 'ALTER DOMAIN amount ADD CONSTRAINT positive CHECK (value > 0)',
    changes: ['- constraint public.amount.positive'],
  },
  {
    name: 'a range type',
    plant: 'CREATE TYPE span AS RANGE (subtype = float8)',
    revert: 'DROP TYPE span',
    changes: ['+ type public.span'],
  },
  {
    name: 'statistics',
    plant: 'CREATE STATISTICS s_more ON x, y FROM s_table',
    revert: 'DROP STATISTICS s_more',
    changes: ['+ statistics public.s_more'],
  },
  {
    name: 'a statistics target',
    plant: 'ALTER STATISTICS s_target SET STATISTICS 9',
    revert: 'ALTER STATISTICS s_target SET STATISTICS -1',
    changes: ['~ statistics public.s_target: target'],
  },
  {
    name: 'a publication’s tables',
    plant: 'ALTER PUBLICATION pub ADD TABLE r_table',
    revert: 'ALTER PUBLICATION pub DROP TABLE r_table',
    changes: ['~ publication pub: tables'],
  },
  {
    name: 'a collation’s comment',
    plant: "COMMENT ON COLLATION plain IS 'x'",
    revert: 'COMMENT ON COLLATION plain IS NULL',
    changes: ['~ collation public.plain: comment'],
  },
  {
    name: 'a cast',
    plant: 'CREATE CAST (pair AS text) WITH INOUT',
    revert: 'DROP CAST (pair AS text)',
    changes: ['+ cast (public.pair AS text)'],
  },
  {
    name: 'an operator',
    plant: 'CREATE OPERATOR ==> (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)',
    revert: 'DROP OPERATOR ==> (int, int)',
    changes: ['+ operator public.==>(integer,integer)'],
  },
  {
    name: 'an operator family',
    plant: 'CREATE OPERATOR FAMILY kin USING btree',
    revert: 'DROP OPERATOR FAMILY kin USING btree',
    changes: ['+ operator_class family btree public.kin'],
  },
  {
    name: 'a conversion',
    plant: "CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
    revert: 'DROP CONVERSION conv',
    changes: ['+ conversion public.conv'],
  },
  {
    name: 'a language',
    plant: 'CREATE LANGUAGE tongue HANDLER plpgsql_call_handler',
    revert: 'DROP LANGUAGE tongue',
    changes: ['+ language tongue'],
  },
  {
    name: 'an access method',
    plant: 'CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler',
    revert: 'DROP ACCESS METHOD heap2',
    changes: ['+ access_method heap2'],
  },
  {
    name: 'a transform',
    plant:
      'CREATE TRANSFORM FOR point LANGUAGE sql (FROM SQL WITH FUNCTION textlike_support(internal))',
    revert: 'DROP TRANSFORM FOR point LANGUAGE sql',
    changes: ['+ transform for point language sql'],
  },
  {
    name: 'a text search mapping',
    plant: 'ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR email',
    revert: 'ALTER TEXT SEARCH CONFIGURATION words ADD MAPPING FOR email WITH simple',
    changes: ['~ text_search configuration public.words: mappings'],
  },
  {
    name: 'a foreign server’s options',
    plant: "ALTER SERVER far OPTIONS (ADD host 'x')",
    revert: 'ALTER SERVER far OPTIONS (DROP host)',
    changes: ['~ foreign_server server far: options'],
  },
  {
    name: 'a foreign table’s options',
    plant: "ALTER FOREIGN TABLE far_table OPTIONS (ADD a 'b')",
    revert: 'ALTER FOREIGN TABLE far_table OPTIONS (DROP a)',
    changes: ['~ foreign_table public.far_table: foreign options'],
  },
  {
    name: 'default rights',
    plant: `ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO ${role}`,
    revert: `ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE SELECT ON TABLES FROM ${role}`,
    changes: ['+ default_acl tables in app'],
  },
  {
    name: 'rights on a table',
    plant: `GRANT SELECT, INSERT ON a_table TO ${role}`,
    revert: `REVOKE SELECT, INSERT ON a_table FROM ${role}`,
    changes: ['~ table public.a_table: access rights'],
    beside: 'rights',
  },
  {
    name: 'rights on a column',
    plant: `GRANT UPDATE (x) ON a_column TO ${role}`,
    revert: `REVOKE UPDATE (x) ON a_column FROM ${role}`,
    changes: ['~ column public.a_column.x: access rights'],
    beside: 'rights',
  },
  {
    name: 'rights on a function',
    plant: 'REVOKE EXECUTE ON FUNCTION a_function() FROM PUBLIC',
    revert: 'GRANT EXECUTE ON FUNCTION a_function() TO PUBLIC',
    changes: ['~ function public.a_function(): access rights'],
    beside: 'rights',
  },
  {
    name: 'rights on a schema',
    plant: `GRANT USAGE ON SCHEMA spare TO ${role}`,
    revert: `REVOKE USAGE ON SCHEMA spare FROM ${role}`,
    changes: ['~ schema spare: access rights'],
    beside: 'rights',
  },
  {
    name: 'an owner',
    plant: `ALTER TABLE a_owner OWNER TO ${role}`,
    revert: 'ALTER TABLE a_owner OWNER TO CURRENT_USER',
    changes: ['~ table public.a_owner: owner'],
    beside: 'rights',
  },
  {
    name: 'a role',
    plant: `CREATE ROLE ${role}_c LOGIN`,
    revert: `DROP ROLE ${role}_c`,
    changes: [`+ role ${role}_c`],
    beside: 'cluster',
  },
  {
    name: 'a role’s attributes',
    plant: `ALTER ROLE ${role} LOGIN CREATEDB CONNECTION LIMIT 3 PASSWORD 'x'`,
    revert: `ALTER ROLE ${role} NOLOGIN NOCREATEDB CONNECTION LIMIT -1 PASSWORD NULL`,
    changes: [`~ role ${role}: login,create database,connection limit,password`],
    beside: 'cluster',
  },
  {
    name: 'a membership',
    plant: `GRANT ${role} TO ${role}_b WITH ADMIN OPTION`,
    revert: `REVOKE ${role} FROM ${role}_b`,
    changes: [`~ role ${role}_b: member of`],
    beside: 'cluster',
  },
  {
    name: 'a role’s setting',
    plant: `ALTER ROLE ${role} SET work_mem = '8MB'`,
    revert: `ALTER ROLE ${role} RESET work_mem`,
    changes: [`+ setting of ${role}: work_mem`],
    beside: 'cluster',
  },
  {
    name: 'the database’s setting',
    plant: `ALTER DATABASE ${database} SET work_mem = '8MB'`,
    revert: `ALTER DATABASE ${database} RESET work_mem`,
    changes: ['+ setting of everybody in the database: work_mem'],
    beside: 'cluster',
  },
  {
    name: 'the database’s comment',
    plant: `COMMENT ON DATABASE ${database} IS 'x'`,
    revert: `COMMENT ON DATABASE ${database} IS NULL`,
    changes: ['~ database the database: comment'],
    beside: 'cluster',
  },
  {
    name: 'a right on the database',
    plant: `GRANT CREATE ON DATABASE ${database} TO ${role}`,
    revert: `REVOKE CREATE ON DATABASE ${database} FROM ${role}`,
    changes: ['~ database the database: access rights'],
    beside: 'cluster',
  },
  {
    name: 'a user mapping',
    plant: "CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'a', password 'b')",
    revert: 'DROP USER MAPPING FOR PUBLIC SERVER far',
    changes: ['+ user_mapping for PUBLIC on far'],
    beside: 'cluster',
  },
  {
    name: 'an extension’s comment',
    plant: "COMMENT ON EXTENSION citext IS 'x'",
    revert: "COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings'",
    changes: ['~ comment extension citext: text'],
    beside: 'cluster',
  },
  {
    name: 'a subscription',
    plant:
      "CREATE SUBSCRIPTION sub CONNECTION 'host=nowhere password=x' PUBLICATION p WITH (connect = false, slot_name = NONE)",
    revert: 'DROP SUBSCRIPTION sub',
    changes: ['+ subscription sub'],
    beside: 'cluster',
  },
];
