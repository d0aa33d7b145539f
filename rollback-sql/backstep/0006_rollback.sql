-- Reverses 0006_restores.sql: restores, and fences that were raised after one. Those fences are no
-- longer known; their triggers stay on the targets until somebody drops them.
ALTER TABLE backstep.fences DISABLE TRIGGER fences_kept;
DELETE FROM backstep.fences WHERE rollback_id IS NULL;
ALTER TABLE backstep.fences ENABLE TRIGGER fences_kept;
DROP INDEX IF EXISTS backstep.fences_restore_key;
ALTER TABLE backstep.fences DROP CONSTRAINT IF EXISTS fences_origin_check;
ALTER TABLE backstep.fences DROP CONSTRAINT IF EXISTS fences_restore_id_restores_id_fk;
ALTER TABLE backstep.fences DROP COLUMN IF EXISTS restore_id;
ALTER TABLE backstep.fences ALTER COLUMN rollback_id SET NOT NULL;
DROP TABLE IF EXISTS backstep.restore_steps;
DROP TABLE IF EXISTS backstep.restore_events;
DROP TABLE IF EXISTS backstep.restore_approvals;
DROP TABLE IF EXISTS backstep.restores;
