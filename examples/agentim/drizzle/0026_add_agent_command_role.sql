ALTER TABLE "rooms" ADD COLUMN "agent_command_role" text DEFAULT 'member' NOT NULL;--> statement-breakpoint
ALTER TABLE "rooms" ADD CONSTRAINT "rooms_agent_command_role_check" CHECK ("rooms"."agent_command_role" IN ('owner', 'admin', 'member'));
