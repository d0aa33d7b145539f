-- Reverses 0005_backups.sql: test restores, and what is known of backups beyond a dump for a rollback. Backups
-- that the older version can't know (without a rollback, without a manifest) are forgotten; their bytes stay.
DROP TABLE IF EXISTS backstep.test_restores;
ALTER TABLE backstep.backups
  DROP CONSTRAINT IF EXISTS backups_confirmed_check,
  DROP CONSTRAINT IF EXISTS backups_level_check,
  DROP CONSTRAINT IF EXISTS backups_method_check;
DROP INDEX IF EXISTS backstep.backups_target_idx;
DELETE FROM backstep.backups
 WHERE rollback_id IS NULL OR method <> 'pg_dump' OR pruned_at IS NOT NULL;
ALTER TABLE backstep.backups
  DROP COLUMN IF EXISTS prune_reason,
  DROP COLUMN IF EXISTS pruned_at,
  DROP COLUMN IF EXISTS cancel_requested_by,
  DROP COLUMN IF EXISTS confirmed_at,
  DROP COLUMN IF EXISTS confirmed_by,
  DROP COLUMN IF EXISTS attestation,
  DROP COLUMN IF EXISTS stored,
  DROP COLUMN IF EXISTS level;
ALTER TABLE backstep.backups ALTER COLUMN rollback_id SET NOT NULL;
ALTER TABLE backstep.backups ADD CONSTRAINT backups_confirmed_check CHECK (
  state <> 'passed'
  OR (snapshot_at IS NOT NULL AND location IS NOT NULL AND manifest IS NOT NULL AND manifest_sha256 IS NOT NULL));
