CREATE TYPE "public"."notification_level" AS ENUM('all', 'mentions', 'none');--> statement-breakpoint
ALTER TABLE "room_members" ADD COLUMN "notifications" "notification_level" DEFAULT 'all' NOT NULL;--> statement-breakpoint
ALTER TABLE "room_members" ADD COLUMN "last_read_at" text;--> statement-breakpoint
ALTER TABLE "room_members" ADD COLUMN "pinned_at" text;--> statement-breakpoint
ALTER TABLE "room_members" ADD COLUMN "archived_at" text;
