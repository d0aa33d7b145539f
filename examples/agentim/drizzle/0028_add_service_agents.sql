CREATE TABLE "service_agents" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"type" text DEFAULT 'openai-compatible' NOT NULL,
	"description" text,
	"status" text DEFAULT 'active' NOT NULL,
	"config_encrypted" text NOT NULL,
	"created_by_id" text NOT NULL,
	"created_at" text DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') NOT NULL,
	"updated_at" text DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') NOT NULL,
	CONSTRAINT "service_agents_status_check" CHECK ("service_agents"."status" IN ('active', 'inactive', 'error'))
);
--> statement-breakpoint
ALTER TABLE "service_agents" ADD CONSTRAINT "service_agents_created_by_id_users_id_fk" FOREIGN KEY ("created_by_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "service_agents_type_idx" ON "service_agents" USING btree ("type");--> statement-breakpoint
CREATE INDEX "service_agents_status_idx" ON "service_agents" USING btree ("status");
