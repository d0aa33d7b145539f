CREATE TYPE "public"."sender_type" AS ENUM('user', 'agent', 'system');--> statement-breakpoint
CREATE TYPE "public"."message_kind" AS ENUM('text', 'code', 'tool_result', 'notice');--> statement-breakpoint
CREATE TABLE "messages" (
	"id" text PRIMARY KEY NOT NULL,
	"room_id" text NOT NULL,
	"sender_id" text NOT NULL,
	"sender_type" "sender_type" DEFAULT 'user' NOT NULL,
	"sender_name" text NOT NULL,
	"kind" "message_kind" DEFAULT 'text' NOT NULL,
	"content" text NOT NULL,
	"mentions" text DEFAULT '[]' NOT NULL,
	"metadata" text,
	"created_at" text DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') NOT NULL
);
--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_room_id_rooms_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."rooms"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "messages_room_idx" ON "messages" USING btree ("room_id");
