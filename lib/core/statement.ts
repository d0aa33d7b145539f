/** One statement of a script, cut by PostgreSQL's own parser. */
export interface Statement {
  /** 0-based within the script. */
  index: number;
  /** The bytes as they are sent, without the trailing semicolon and surrounding space. */
  text: string;
  /** 1-based line of the statement's first character in the file. */
  line: number;
  /** PostgreSQL's node name: `DropStmt`, `AlterTableStmt`, … */
  kind: string;
  /** False for CREATE INDEX CONCURRENTLY and the like. */
  transactional: boolean;
  /** For one that is not transactional: how the catalog tells whether it is done. */
  probe?: Probe;
  hazards: Hazard[];
  /** Schemas that it drops with all that is in them; allowed where the migration created them. */
  dropsSchemas?: string[];
}

/**
 * What the catalog is asked about a statement that ran outside a transaction and whose answer was not
 * seen. Names are as the script writes them; `schema` is absent where the search path decides.
 */
export type Probe =
  | { kind: 'create_index'; index: RelationName; table: RelationName; ifNotExists: boolean }
  | { kind: 'drop_index'; index: RelationName; ifExists: boolean }
  | { kind: 'detach_partition'; parent: RelationName; partition: RelationName }
  /**
   * REINDEX CONCURRENTLY of one of these, or of the database. It may be sent again, but each that was broken off
   * leaves INVALID indexes behind.
   */
  | { kind: 'reindex'; index?: RelationName; table?: RelationName; schema?: string }
  /** Leaves the same behind however often it runs: VACUUM, REINDEX of a schema. */
  | { kind: 'repeatable' };

export interface RelationName {
  schema?: string;
  name: string;
}

export type HazardCode =
  | 'drops_table'
  | 'drops_column'
  | 'drops_type'
  | 'drops_schema'
  | 'drops_index'
  | 'drops_constraint'
  | 'drops_view'
  /** A function, trigger, sequence, extension …: the label says which. */
  | 'drops_object'
  | 'cascade'
  | 'truncates'
  | 'deletes_rows'
  | 'updates_rows'
  | 'changes_type'
  | 'blocks_writes'
  /** Every row is written anew under ACCESS EXCLUSIVE. */
  | 'rewrites_table'
  /** Every row is read to check a constraint, under a lock that blocks writes or more. */
  | 'scans_table'
  /** An index is built while writes wait. */
  | 'builds_index'
  | 'adds_unique'
  | 'adds_not_null'
  | 'adds_foreign_key'
  | 'adds_check'
  | 'not_idempotent'
  /** Cannot run inside a transaction: CREATE INDEX CONCURRENTLY and the like. */
  | 'not_transactional'
  /** IF EXISTS on what the migration never made: the script would do nothing. */
  | 'no_effect_expected'
  /** Names an object that this migration's up did not touch. */
  | 'touches_other_object'
  /** Works on empty tables and fails as soon as there are rows: seen in the round trip. */
  | 'fails_with_rows'
  /** Prints or parses times by the session's TimeZone or DateStyle. */
  | 'depends_on_session';

export interface Hazard {
  code: HazardCode;
  severity: 'info' | 'warn' | 'danger';
  /** Short words for a chip: 'Drops column due_date'. */
  label: string;
  /** `schema.table` or undefined. */
  relation?: string;
  /** The lock that the statement takes: 'ACCESS EXCLUSIVE'. */
  lock?: string;
  /** 1-based line in the script, where the hazard is not told with its statement. */
  line?: number;
  /** One sentence more: what happens, and to whom. */
  detail?: string;
  /** How to do the same with less danger, as one sentence. */
  safer?: string;
}

export type ScriptRefusalCode =
  | 'empty'
  | 'not_utf8'
  | 'nul_byte'
  /** More bytes, or deeper nesting, than the parser may take in. */
  | 'too_large'
  | 'syntax_error'
  | 'transaction_control'
  | 'psql_meta_command'
  | 'copy_from_stdin'
  | 'loosens_timeout'
  | 'changes_role'
  | 'forbidden_statement'
  | 'non_transactional'
  | 'tracking_table_write';

export interface ScriptRefusal {
  code: ScriptRefusalCode;
  line: number | undefined;
  message: string;
}

/** What reading a rollback script gives. */
export type ParsedScript =
  | {
      ok: true;
      statements: Statement[];
      unwrapped: boolean;
      /** A BOM was stripped, a wrapper taken off: said in the preview. */
      remarks: string[];
    }
  | { ok: false; refusals: ScriptRefusal[] };
