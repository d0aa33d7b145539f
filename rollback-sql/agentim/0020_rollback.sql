-- Undoes 0020_perpetual_stark_industries.
-- Loses the connection and gateway limits that were set for single users.
DROP INDEX IF EXISTS "users_max_gateways_idx";
DROP INDEX IF EXISTS "users_max_ws_connections_idx";
ALTER TABLE "users" DROP COLUMN IF EXISTS "max_gateways";
ALTER TABLE "users" DROP COLUMN IF EXISTS "max_ws_connections";
