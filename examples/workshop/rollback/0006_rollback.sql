-- Undoes 0006_notes, with a transaction of its own in the middle.
SET lock_timeout = 0;
ALTER TABLE "tools" DROP COLUMN IF EXISTS "notes";
COMMIT;
