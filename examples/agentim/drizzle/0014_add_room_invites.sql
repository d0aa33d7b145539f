CREATE TABLE "room_invites" (
	"id" text PRIMARY KEY NOT NULL,
	"room_id" text NOT NULL,
	"invited_email" text NOT NULL,
	"created_by_id" text NOT NULL,
	"accepted_by_id" text,
	"accepted_at" text,
	"expires_at" text NOT NULL,
	"created_at" text DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') NOT NULL,
	CONSTRAINT "room_invites_accepted_check" CHECK (("room_invites"."accepted_by_id" IS NULL) OR ("room_invites"."accepted_at" IS NOT NULL))
);
--> statement-breakpoint
ALTER TABLE "room_invites" ADD CONSTRAINT "room_invites_room_id_rooms_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."rooms"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_invites" ADD CONSTRAINT "room_invites_created_by_id_users_id_fk" FOREIGN KEY ("created_by_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_invites" ADD CONSTRAINT "room_invites_accepted_by_id_users_id_fk" FOREIGN KEY ("accepted_by_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "room_invites_open_idx" ON "room_invites" USING btree ("room_id","invited_email") WHERE "room_invites"."accepted_at" IS NULL;
