-- Undoes 0034_add_unique_name_indexes. No data is lost.
-- Names may repeat again; repeated ones have to be renamed before 0034 can be applied anew.
DROP INDEX IF EXISTS "service_agents_created_by_name_idx";
DROP INDEX IF EXISTS "routers_created_by_name_idx";
