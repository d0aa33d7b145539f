/** One row per table: the given ones, and all that their foreign keys lead to. */
const TABLES = `
WITH RECURSIVE given AS (
  SELECT c.oid
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p')
    AND (format('%I.%I', n.nspname, c.relname) = ANY ($1) OR n.nspname || '.' || c.relname = ANY ($1))
), foreign_key AS (
  SELECT k.* FROM pg_catalog.pg_constraint k
  WHERE k.contype = 'f'
    -- A key to a partitioned table is kept once more for each of its partitions.
    AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_constraint origin
      WHERE origin.oid = k.conparentid AND origin.conrelid = k.conrelid
    )
), reached AS (
  SELECT oid FROM given
  UNION SELECT k.confrelid FROM reached JOIN foreign_key k ON k.conrelid = reached.oid
), partition_rule AS (
  SELECT reached.oid AS root, pg_catalog.pg_get_partition_constraintdef(leaf.relid) AS expression
  FROM reached JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = reached.oid,
    LATERAL pg_catalog.pg_partition_tree(reached.oid) AS leaf
  WHERE leaf.isleaf AND leaf.relid <> reached.oid
), written_check AS (
  SELECT k.conrelid AS oid, k.conname::text AS name,
    pg_catalog.pg_get_expr(k.conbin, k.conrelid) AS expression, k.conkey AS columns
  FROM pg_catalog.pg_constraint k JOIN reached ON reached.oid = k.conrelid
  WHERE k.contype = 'c'
  UNION ALL
  SELECT c.oid, 'partition', pg_catalog.pg_get_partition_constraintdef(c.oid), NULL
  FROM pg_catalog.pg_class c JOIN reached USING (oid) WHERE c.relispartition
  UNION ALL
  -- Which partition takes a row is all the same, as long as one does.
  SELECT root, 'partition', string_agg('(' || expression || ')', ' OR '), NULL
  FROM partition_rule GROUP BY root
  HAVING bool_and(expression IS NOT NULL)
)
SELECT c.oid::int8::float8 AS oid, format('%I.%I', n.nspname, c.relname) AS name,
  EXISTS (SELECT FROM given WHERE given.oid = c.oid) AS given,
  CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || format('%I.%I', n.nspname, c.relname) AS from,
  c.relkind = 'r' OR EXISTS (SELECT FROM partition_rule p WHERE p.root = c.oid) AS "takesRows",
  NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type IN ('2', '3'))
    AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND NOT i.indimmediate
    ) AS "skipsConflicts",
  COALESCE((
    SELECT json_agg(json_build_object(
      'name', a.attname, 'number', a.attnum, 'type', a.atttypid::int8, 'modifier', a.atttypmod,
      'required', a.attnotnull,
      'source', CASE
        WHEN a.attgenerated <> '' THEN 'generated'
        WHEN a.attidentity = 'a' THEN 'always identity'
        WHEN a.attidentity = 'd' OR s.seq IS NOT NULL THEN 'sequence'
        ELSE 'given' END,
      'expression', pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'sequence', s.seq
    ) ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute a
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN LATERAL (
      SELECT CASE
        WHEN a.attidentity <> '' THEN
          pg_catalog.pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname)
        WHEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%' THEN
          substring(pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM '^nextval\\(''(.*)''::regclass\\)$')
        END AS seq
    ) s ON true
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  ), '[]') AS columns,
  COALESCE((
    SELECT json_agg(json_build_object('name', k.name, 'expression', k.expression,
      'columns', COALESCE(k.columns, '{}')) ORDER BY k.name)
    FROM written_check k WHERE k.oid = c.oid AND k.expression IS NOT NULL
  ), '[]') AS checks,
  COALESCE((
    SELECT json_agg(json_build_object('name', k.conname, 'columns', k.conkey,
      'parent', k.confrelid::int8, 'parentColumns', k.confkey) ORDER BY k.conname)
    FROM foreign_key k WHERE k.conrelid = c.oid
  ), '[]') AS "foreignKeys",
  COALESCE((
    SELECT json_agg(DISTINCT format('%I.%I', kn.nspname, k.conname))
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace kn ON kn.oid = k.connamespace
    WHERE k.conrelid = c.oid AND k.condeferred
  ), '[]') AS deferred,
  COALESCE((
    SELECT json_agg(i.indkey::int2[] ORDER BY i.indexrelid)
    FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique
  ), '[]') AS uniques
FROM reached JOIN pg_catalog.pg_class c USING (oid)
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

/** One row per type that the given ones are made of. */
const TYPES = `
WITH RECURSIVE used AS (
  SELECT unnest($1::int8[]::oid[]) AS oid
  UNION
  SELECT part.oid FROM used
  JOIN pg_catalog.pg_type t ON t.oid = used.oid,
  LATERAL (
    SELECT t.typelem AS oid WHERE t.typcategory = 'A'
    UNION ALL SELECT t.typbasetype WHERE t.typtype = 'd'
    UNION ALL
    SELECT r.rngsubtype FROM pg_catalog.pg_range r
    WHERE r.rngtypid = t.oid OR (to_jsonb(r) ->> 'rngmultitypid')::int8 = t.oid::int8
    UNION ALL
    SELECT a.atttypid FROM pg_catalog.pg_attribute a
    WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
  ) part
)
SELECT t.oid::int8::float8 AS oid, t.typname::text AS name, format('%I.%I', n.nspname, t.typname) AS sql,
  CASE t.typtype WHEN 'c' THEN 'composite' WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum'
    WHEN 'r' THEN 'range' WHEN 'm' THEN 'multirange' WHEN 'p' THEN 'pseudo' ELSE 'base' END AS kind,
  n.nspname = 'pg_catalog' AS "builtIn",
  CASE WHEN t.typcategory = 'A' THEN t.typelem::int8::float8 END AS element,
  CASE WHEN t.typtype = 'd' THEN
    json_build_object('type', t.typbasetype::int8, 'modifier', t.typtypmod) END AS base,
  COALESCE((
    SELECT json_agg(substring(pg_catalog.pg_get_constraintdef(k.oid) FROM '^CHECK \\((.*)\\)(?: NOT VALID)?$'))
    FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'
  ), '[]') AS checks,
  COALESCE((
    SELECT json_agg(e.enumlabel ORDER BY e.oid DESC, e.enumsortorder DESC)
    FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid
  ), '[]') AS labels,
  (SELECT r.rngsubtype::int8::float8 FROM pg_catalog.pg_range r
    WHERE r.rngtypid = t.oid OR (to_jsonb(r) ->> 'rngmultitypid')::int8 = t.oid::int8) AS bound,
  COALESCE((
    SELECT json_agg(json_build_object('type', a.atttypid::int8, 'modifier', a.atttypmod) ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute a
    WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
  ), '[]') AS fields
FROM used JOIN pg_catalog.pg_type t USING (oid)
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace`;

export const RULE_QUERIES = { tables: TABLES, types: TYPES };
