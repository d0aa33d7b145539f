-- Undoes 0029_service_agents_category: the type has its former name, in the rows and as the default.
-- Loses categories that were chosen by hand; the check constraint goes with its column.
UPDATE "service_agents" SET "type" = 'openai-compatible' WHERE "type" = 'openai-chat';
ALTER TABLE "service_agents" ALTER COLUMN "type" SET DEFAULT 'openai-compatible';
ALTER TABLE "service_agents" DROP COLUMN IF EXISTS "category";
