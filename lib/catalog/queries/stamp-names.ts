/** Catalogs by the column that says to which relation or type each row belongs. */
export type StampName =
  | 'pg_attrdef.adrelid'
  | 'pg_class.oid'
  | 'pg_constraint.conrelid'
  | 'pg_constraint.contypid'
  | 'pg_depend.objid'
  | 'pg_enum.enumtypid'
  | 'pg_index.indrelid'
  | 'pg_policy.polrelid'
  | 'pg_rewrite.ev_class'
  | 'pg_sequence.seqrelid'
  | 'pg_statistic_ext.stxrelid'
  | 'pg_trigger.tgconstrrelid'
  | 'pg_trigger.tgrelid'
  | 'pg_type.oid';
