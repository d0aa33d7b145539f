ALTER TABLE "rooms" ADD COLUMN "last_message_at" text;--> statement-breakpoint
CREATE FUNCTION "public"."record_room_activity"() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	UPDATE "public"."rooms" AS r
	SET "last_message_at" = newest."at"
	FROM (SELECT "room_id", max("created_at") AS "at" FROM added GROUP BY "room_id") AS newest
	WHERE r."id" = newest."room_id"
		AND (r."last_message_at" IS NULL OR r."last_message_at" < newest."at");
	RETURN NULL;
END;
$$;
--> statement-breakpoint
COMMENT ON FUNCTION "public"."record_room_activity"() IS 'Keeps rooms.last_message_at at the newest message, once per INSERT.';--> statement-breakpoint
CREATE TRIGGER "messages_record_room_activity" AFTER INSERT ON "messages"
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION "public"."record_room_activity"();
