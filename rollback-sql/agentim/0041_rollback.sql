-- Undoes 0041_add_gateway_ephemeral. Loses which gateways were marked as ephemeral.
ALTER TABLE "gateways" DROP COLUMN IF EXISTS "ephemeral";
