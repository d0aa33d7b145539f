CREATE TYPE "public"."agent_visibility" AS ENUM('private', 'shared');--> statement-breakpoint
ALTER TABLE "agents" ADD COLUMN "visibility" "agent_visibility" DEFAULT 'private' NOT NULL;--> statement-breakpoint
ALTER TABLE "agents" ADD COLUMN "capabilities" text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "gateways" ADD CONSTRAINT "gateways_name_check" CHECK (char_length("gateways"."name") BETWEEN 1 AND 64);--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_name_check" CHECK (char_length("agents"."name") BETWEEN 1 AND 64);
