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
  hazards: Hazard[];
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
  | 'not_idempotent';

export interface Hazard {
  code: HazardCode;
  severity: 'info' | 'warn' | 'danger';
  /** Short words for a chip: 'Drops column due_date'. */
  label: string;
  /** `schema.table` or undefined. */
  relation?: string;
  /** The lock that the statement takes: 'ACCESS EXCLUSIVE'. */
  lock?: string;
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
