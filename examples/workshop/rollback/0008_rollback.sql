-- Undoes 0008_opened_on.
ALTER TABLE "tools" DROP COLUMN IF EXISTS "opened_on";
