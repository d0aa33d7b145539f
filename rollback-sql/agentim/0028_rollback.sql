-- Undoes 0028_add_service_agents. Loses every service agent with its encrypted configuration.
DROP INDEX IF EXISTS "service_agents_status_idx";
DROP INDEX IF EXISTS "service_agents_type_idx";
DROP TABLE IF EXISTS "service_agents";
