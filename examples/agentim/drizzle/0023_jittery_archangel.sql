ALTER TABLE "users"
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now(),
	ALTER COLUMN "updated_at" DROP DEFAULT,
	ALTER COLUMN "updated_at" SET DATA TYPE timestamp with time zone USING "updated_at"::timestamp with time zone,
	ALTER COLUMN "updated_at" SET DEFAULT now(),
	ALTER COLUMN "locked_until" SET DATA TYPE timestamp with time zone USING "locked_until"::timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "refresh_tokens"
	ALTER COLUMN "expires_at" SET DATA TYPE timestamp with time zone USING "expires_at"::timestamp with time zone,
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now();
--> statement-breakpoint
ALTER TABLE "rooms"
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now(),
	ALTER COLUMN "updated_at" DROP DEFAULT,
	ALTER COLUMN "updated_at" SET DATA TYPE timestamp with time zone USING "updated_at"::timestamp with time zone,
	ALTER COLUMN "updated_at" SET DEFAULT now(),
	ALTER COLUMN "last_message_at" SET DATA TYPE timestamp with time zone USING "last_message_at"::timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "room_members"
	ALTER COLUMN "joined_at" DROP DEFAULT,
	ALTER COLUMN "joined_at" SET DATA TYPE timestamp with time zone USING "joined_at"::timestamp with time zone,
	ALTER COLUMN "joined_at" SET DEFAULT now(),
	ALTER COLUMN "last_read_at" SET DATA TYPE timestamp with time zone USING "last_read_at"::timestamp with time zone,
	ALTER COLUMN "pinned_at" SET DATA TYPE timestamp with time zone USING "pinned_at"::timestamp with time zone,
	ALTER COLUMN "archived_at" SET DATA TYPE timestamp with time zone USING "archived_at"::timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "room_agents"
	ALTER COLUMN "added_at" DROP DEFAULT,
	ALTER COLUMN "added_at" SET DATA TYPE timestamp with time zone USING "added_at"::timestamp with time zone,
	ALTER COLUMN "added_at" SET DEFAULT now();
--> statement-breakpoint
ALTER TABLE "room_invites"
	ALTER COLUMN "accepted_at" SET DATA TYPE timestamp with time zone USING "accepted_at"::timestamp with time zone,
	ALTER COLUMN "expires_at" SET DATA TYPE timestamp with time zone USING "expires_at"::timestamp with time zone,
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now();
--> statement-breakpoint
ALTER TABLE "messages"
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now(),
	ALTER COLUMN "updated_at" SET DATA TYPE timestamp with time zone USING "updated_at"::timestamp with time zone,
	ALTER COLUMN "mentions" DROP DEFAULT,
	ALTER COLUMN "mentions" SET DATA TYPE jsonb USING "mentions"::jsonb,
	ALTER COLUMN "mentions" SET DEFAULT '[]'::jsonb,
	ALTER COLUMN "metadata" SET DATA TYPE jsonb USING "metadata"::jsonb;
--> statement-breakpoint
ALTER TABLE "message_edits"
	ALTER COLUMN "edited_at" DROP DEFAULT,
	ALTER COLUMN "edited_at" SET DATA TYPE timestamp with time zone USING "edited_at"::timestamp with time zone,
	ALTER COLUMN "edited_at" SET DEFAULT now();
--> statement-breakpoint
ALTER TABLE "message_reactions"
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now();
--> statement-breakpoint
ALTER TABLE "message_attachments"
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now();
--> statement-breakpoint
ALTER TABLE "gateways"
	ALTER COLUMN "connected_at" SET DATA TYPE timestamp with time zone USING "connected_at"::timestamp with time zone,
	ALTER COLUMN "disconnected_at" SET DATA TYPE timestamp with time zone USING "disconnected_at"::timestamp with time zone,
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now(),
	ALTER COLUMN "device_info" DROP DEFAULT,
	ALTER COLUMN "device_info" SET DATA TYPE jsonb USING "device_info"::jsonb,
	ALTER COLUMN "device_info" SET DEFAULT '{}'::jsonb;
--> statement-breakpoint
ALTER TABLE "agents"
	ALTER COLUMN "last_seen_at" SET DATA TYPE timestamp with time zone USING "last_seen_at"::timestamp with time zone,
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now(),
	ALTER COLUMN "capabilities" DROP DEFAULT,
	ALTER COLUMN "capabilities" SET DATA TYPE jsonb USING "capabilities"::jsonb,
	ALTER COLUMN "capabilities" SET DEFAULT '[]'::jsonb;
--> statement-breakpoint
ALTER TABLE "routers"
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now(),
	ALTER COLUMN "updated_at" DROP DEFAULT,
	ALTER COLUMN "updated_at" SET DATA TYPE timestamp with time zone USING "updated_at"::timestamp with time zone,
	ALTER COLUMN "updated_at" SET DEFAULT now(),
	ALTER COLUMN "rules" DROP DEFAULT,
	ALTER COLUMN "rules" SET DATA TYPE jsonb USING "rules"::jsonb,
	ALTER COLUMN "rules" SET DEFAULT '[]'::jsonb;
--> statement-breakpoint
ALTER TABLE "tasks"
	ALTER COLUMN "completed_at" SET DATA TYPE timestamp with time zone USING "completed_at"::timestamp with time zone,
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now(),
	ALTER COLUMN "updated_at" DROP DEFAULT,
	ALTER COLUMN "updated_at" SET DATA TYPE timestamp with time zone USING "updated_at"::timestamp with time zone,
	ALTER COLUMN "updated_at" SET DEFAULT now();
--> statement-breakpoint
ALTER TABLE "audit_logs"
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now(),
	ALTER COLUMN "metadata" DROP DEFAULT,
	ALTER COLUMN "metadata" SET DATA TYPE jsonb USING "metadata"::jsonb,
	ALTER COLUMN "metadata" SET DEFAULT '{}'::jsonb;
--> statement-breakpoint
ALTER TABLE "api_keys"
	ALTER COLUMN "last_used_at" SET DATA TYPE timestamp with time zone USING "last_used_at"::timestamp with time zone,
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now();
--> statement-breakpoint
ALTER TABLE "settings"
	ALTER COLUMN "updated_at" DROP DEFAULT,
	ALTER COLUMN "updated_at" SET DATA TYPE timestamp with time zone USING "updated_at"::timestamp with time zone,
	ALTER COLUMN "updated_at" SET DEFAULT now();
--> statement-breakpoint
CREATE INDEX "messages_room_created_idx" ON "messages" USING btree ("room_id","created_at");
--> statement-breakpoint
CREATE INDEX "tasks_status_created_idx" ON "tasks" USING btree ("status","created_at");
--> statement-breakpoint
CREATE INDEX "audit_logs_created_at_idx" ON "audit_logs" USING btree ("created_at");
--> statement-breakpoint
CREATE INDEX "agents_capabilities_idx" ON "agents" USING gin ("capabilities");
