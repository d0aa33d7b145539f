CREATE TYPE "public"."agent_type" AS ENUM('coding', 'research', 'support', 'generic');--> statement-breakpoint
CREATE TYPE "public"."agent_status" AS ENUM('online', 'offline', 'busy', 'error');--> statement-breakpoint
CREATE TABLE "gateways" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"device_info" text DEFAULT '{}' NOT NULL,
	"connected_at" text,
	"disconnected_at" text,
	"created_at" text DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agents" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"type" "agent_type" DEFAULT 'generic' NOT NULL,
	"status" "agent_status" DEFAULT 'offline' NOT NULL,
	"gateway_id" text,
	"working_directory" text,
	"last_seen_at" text,
	"created_at" text DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') NOT NULL
);
--> statement-breakpoint
ALTER TABLE "gateways" ADD CONSTRAINT "gateways_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_gateway_id_gateways_id_fk" FOREIGN KEY ("gateway_id") REFERENCES "public"."gateways"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "gateways_user_idx" ON "gateways" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "agents_gateway_idx" ON "agents" USING btree ("gateway_id");--> statement-breakpoint
CREATE INDEX "agents_status_idx" ON "agents" USING btree ("status");
