CREATE VIEW "public"."room_overview" AS (
	SELECT "rooms"."id", "rooms"."name", "rooms"."type",
		(SELECT count(*) FROM "room_members" WHERE "room_members"."room_id" = "rooms"."id") AS "member_count",
		(SELECT count(*) FROM "room_agents" WHERE "room_agents"."room_id" = "rooms"."id") AS "agent_count"
	FROM "rooms"
);
