CREATE MATERIALIZED VIEW "public"."room_daily_activity" AS (
	SELECT "messages"."room_id",
		("messages"."created_at" AT TIME ZONE 'UTC')::date AS "day",
		count(*) AS "message_count",
		count(DISTINCT "messages"."sender_id") AS "sender_count"
	FROM "messages"
	GROUP BY 1, 2
);--> statement-breakpoint
CREATE UNIQUE INDEX "room_daily_activity_room_day_idx" ON "room_daily_activity" USING btree ("room_id","day");
