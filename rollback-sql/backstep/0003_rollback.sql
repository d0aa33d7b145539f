-- Reverses 0003_survival.sql: rescue copies, what fences have refused, parts of steps, modes of runs.
ALTER TABLE backstep.fences DROP CONSTRAINT IF EXISTS fences_kind_check;
ALTER TABLE backstep.runs
  DROP COLUMN IF EXISTS rescue,
  DROP COLUMN IF EXISTS all_or_nothing;
ALTER TABLE backstep.rollback_steps
  DROP COLUMN IF EXISTS intent_part,
  DROP COLUMN IF EXISTS parts_done;
ALTER TABLE backstep.fences
  DROP COLUMN IF EXISTS reapplied,
  DROP COLUMN IF EXISTS removed_by_hand_at,
  DROP COLUMN IF EXISTS look_error,
  DROP COLUMN IF EXISTS looked_at,
  DROP COLUMN IF EXISTS last_refused_at,
  DROP COLUMN IF EXISTS refusals,
  DROP COLUMN IF EXISTS why,
  DROP COLUMN IF EXISTS kind;
DROP TABLE IF EXISTS backstep.rescues;
