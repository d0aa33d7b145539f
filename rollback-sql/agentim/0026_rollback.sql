-- Undoes 0026_add_agent_command_role; the check constraint goes with its column.
-- Loses which role may command agents in each room.
ALTER TABLE "rooms" DROP COLUMN IF EXISTS "agent_command_role";
