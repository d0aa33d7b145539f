CREATE TYPE "public"."router_scope" AS ENUM('personal', 'global');--> statement-breakpoint
CREATE TABLE "routers" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"scope" "router_scope" DEFAULT 'personal' NOT NULL,
	"created_by_id" text NOT NULL,
	"model" text NOT NULL,
	"base_url" text NOT NULL,
	"rules" text DEFAULT '[]' NOT NULL,
	"rate_limit_per_minute" integer DEFAULT 20 NOT NULL,
	"created_at" text DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') NOT NULL,
	"updated_at" text DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') NOT NULL,
	CONSTRAINT "routers_rate_limit_check" CHECK ("routers"."rate_limit_per_minute" BETWEEN 1 AND 600)
);
--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "router_id" text;--> statement-breakpoint
ALTER TABLE "routers" ADD CONSTRAINT "routers_created_by_id_users_id_fk" FOREIGN KEY ("created_by_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rooms" ADD CONSTRAINT "rooms_router_id_routers_id_fk" FOREIGN KEY ("router_id") REFERENCES "public"."routers"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "rooms_router_idx" ON "rooms" USING btree ("router_id");
