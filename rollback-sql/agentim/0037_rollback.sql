-- Undoes 0037_add_sender_created_idx_and_fix_fk. No data is lost.
-- A user who created service agents can no longer be deleted before them.
ALTER TABLE "service_agents"
  DROP CONSTRAINT IF EXISTS "service_agents_created_by_id_users_id_fk",
  ADD CONSTRAINT "service_agents_created_by_id_users_id_fk" FOREIGN KEY ("created_by_id") REFERENCES "public"."users" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
DROP INDEX IF EXISTS "messages_sender_created_idx";
