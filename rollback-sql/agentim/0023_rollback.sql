-- Undoes 0023_jittery_archangel: timestamps and JSON are text again.
-- Timestamps are written as the application wrote them, YYYY-MM-DDTHH:MM:SS.mmmZ in UTC, whatever the
-- session's TimeZone and DateStyle are. Microseconds of rows written since then are cut to milliseconds.
-- JSON keeps its values, but not the spacing and key order that its text had before jsonb.
-- The casts to timestamptz change nothing on the first run; they let a second run pass.
DROP INDEX IF EXISTS "agents_capabilities_idx";
DROP INDEX IF EXISTS "audit_logs_created_at_idx";
DROP INDEX IF EXISTS "tasks_status_created_idx";
DROP INDEX IF EXISTS "messages_room_created_idx";

ALTER TABLE "settings"
  ALTER COLUMN "updated_at" DROP DEFAULT,
  ALTER COLUMN "updated_at" SET DATA TYPE text USING to_char("updated_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "updated_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

ALTER TABLE "api_keys"
  ALTER COLUMN "last_used_at" SET DATA TYPE text USING to_char("last_used_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

ALTER TABLE "audit_logs"
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "metadata" DROP DEFAULT,
  ALTER COLUMN "metadata" SET DATA TYPE text USING "metadata"::text,
  ALTER COLUMN "metadata" SET DEFAULT '{}';

ALTER TABLE "tasks"
  ALTER COLUMN "completed_at" SET DATA TYPE text USING to_char("completed_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "updated_at" DROP DEFAULT,
  ALTER COLUMN "updated_at" SET DATA TYPE text USING to_char("updated_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "updated_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

ALTER TABLE "routers"
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "updated_at" DROP DEFAULT,
  ALTER COLUMN "updated_at" SET DATA TYPE text USING to_char("updated_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "updated_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "rules" DROP DEFAULT,
  ALTER COLUMN "rules" SET DATA TYPE text USING "rules"::text,
  ALTER COLUMN "rules" SET DEFAULT '[]';

ALTER TABLE "agents"
  ALTER COLUMN "last_seen_at" SET DATA TYPE text USING to_char("last_seen_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "capabilities" DROP DEFAULT,
  ALTER COLUMN "capabilities" SET DATA TYPE text USING "capabilities"::text,
  ALTER COLUMN "capabilities" SET DEFAULT '[]';

ALTER TABLE "gateways"
  ALTER COLUMN "connected_at" SET DATA TYPE text USING to_char("connected_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "disconnected_at" SET DATA TYPE text USING to_char("disconnected_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "device_info" DROP DEFAULT,
  ALTER COLUMN "device_info" SET DATA TYPE text USING "device_info"::text,
  ALTER COLUMN "device_info" SET DEFAULT '{}';

ALTER TABLE "message_attachments"
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

ALTER TABLE "message_reactions"
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

ALTER TABLE "message_edits"
  ALTER COLUMN "edited_at" DROP DEFAULT,
  ALTER COLUMN "edited_at" SET DATA TYPE text USING to_char("edited_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "edited_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

ALTER TABLE "messages"
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "updated_at" SET DATA TYPE text USING to_char("updated_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "mentions" DROP DEFAULT,
  ALTER COLUMN "mentions" SET DATA TYPE text USING "mentions"::text,
  ALTER COLUMN "mentions" SET DEFAULT '[]',
  ALTER COLUMN "metadata" SET DATA TYPE text USING "metadata"::text;

ALTER TABLE "room_invites"
  ALTER COLUMN "accepted_at" SET DATA TYPE text USING to_char("accepted_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "expires_at" SET DATA TYPE text USING to_char("expires_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

ALTER TABLE "room_agents"
  ALTER COLUMN "added_at" DROP DEFAULT,
  ALTER COLUMN "added_at" SET DATA TYPE text USING to_char("added_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "added_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

ALTER TABLE "room_members"
  ALTER COLUMN "joined_at" DROP DEFAULT,
  ALTER COLUMN "joined_at" SET DATA TYPE text USING to_char("joined_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "joined_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "last_read_at" SET DATA TYPE text USING to_char("last_read_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "pinned_at" SET DATA TYPE text USING to_char("pinned_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "archived_at" SET DATA TYPE text USING to_char("archived_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

ALTER TABLE "rooms"
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "updated_at" DROP DEFAULT,
  ALTER COLUMN "updated_at" SET DATA TYPE text USING to_char("updated_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "updated_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "last_message_at" SET DATA TYPE text USING to_char("last_message_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

ALTER TABLE "refresh_tokens"
  ALTER COLUMN "expires_at" SET DATA TYPE text USING to_char("expires_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

ALTER TABLE "users"
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "updated_at" DROP DEFAULT,
  ALTER COLUMN "updated_at" SET DATA TYPE text USING to_char("updated_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "updated_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "locked_until" SET DATA TYPE text USING to_char("locked_until"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
