-- Undoes 0032_add_service_agents_created_by_idx. No data is lost.
DROP INDEX IF EXISTS "service_agents_created_by_idx";
