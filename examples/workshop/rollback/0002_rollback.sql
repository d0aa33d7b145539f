-- Undoes 0002_tool_status. Forgets the type, so that applying it again fails.
ALTER TABLE "tools" DROP COLUMN IF EXISTS "status";
