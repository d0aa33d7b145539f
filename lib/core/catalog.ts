export type CatalogKind =
  | 'schema'
  | 'extension'
  | 'table'
  | 'view'
  | 'materialized_view'
  | 'foreign_table'
  | 'column'
  | 'constraint'
  | 'index'
  | 'sequence'
  | 'type'
  | 'function'
  | 'trigger'
  | 'rule'
  | 'policy'
  | 'statistics'
  | 'event_trigger'
  | 'publication'
  | 'cast'
  | 'operator'
  /** Operator classes and operator families. */
  | 'operator_class'
  | 'collation'
  /** Text search configurations, dictionaries, parsers and templates. */
  | 'text_search'
  /** Foreign data wrappers and foreign servers. */
  | 'foreign_server'
  | 'language'
  | 'transform'
  | 'conversion'
  | 'access_method'
  | 'security_label'
  | 'default_acl'
  | ClusterKind;

/**
 * What belongs to the server, or to the surroundings of one database, rather than to its schema. Read
 * only when it is asked for, and never part of a fingerprint.
 */
export type ClusterKind =
  | 'role'
  /** ALTER ROLE … SET and ALTER DATABASE … SET. */
  | 'setting'
  /** The current database itself, whatever its name is. */
  | 'database'
  | 'tablespace'
  /** GRANT … ON PARAMETER. */
  | 'parameter'
  | 'subscription'
  | 'user_mapping'
  /** The comment on an extension, which restoring a dump as an ordinary role does not bring back. */
  | 'comment';

/** One object of a schema as plain data. */
export interface CatalogObject {
  kind: CatalogKind;
  /** Qualified as PostgreSQL prints it: `public.rooms`, `public.rooms.name`, `public.f(integer)`. */
  name: string;
  /** The table, view or domain it belongs to: `public.rooms`. */
  parent?: string;
  /** Everything that makes it what it is, comparable within one server major. */
  attributes: Record<string, string | number | boolean | null>;
  /** Column number; not part of the fingerprint. */
  position?: number;
  /** Differ between clusters, so they are not part of the structure. */
  owner?: string;
  acl?: string[];
  /** Where it is stored, when that is not the database's own tablespace. */
  tablespace?: string;
}

export interface CatalogSnapshot {
  serverVersionNum: number;
  /** Key: `<kind> <name>`. */
  objects: Record<string, CatalogObject>;
}

export interface SchemaChange {
  change: 'added' | 'removed' | 'changed';
  kind: CatalogKind;
  name: string;
  parent?: string;
  /** One line that describes the object: `due_date timestamptz NOT NULL`. */
  before?: string;
  after?: string;
  /** For `changed`: which attributes, in words that a person reads. */
  attributes?: { name: string; before: string | null; after: string | null }[];
}
