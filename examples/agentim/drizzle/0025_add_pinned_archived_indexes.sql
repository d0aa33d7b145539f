CREATE INDEX "room_members_pinned_idx" ON "room_members" USING btree ("user_id","pinned_at" DESC NULLS LAST) WHERE "room_members"."pinned_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "room_members_archived_idx" ON "room_members" USING btree ("user_id","archived_at") WHERE "room_members"."archived_at" IS NOT NULL;
