-- Undoes 0035_fix_timestamp_column_types: the three timestamps are text again.
-- They are written as the application wrote them, YYYY-MM-DDTHH:MM:SS.mmmZ in UTC, whatever the session's
-- TimeZone and DateStyle are. Microseconds of rows written since then are cut to milliseconds.
-- The casts to timestamptz change nothing on the first run; they let a second run pass.
ALTER TABLE "bookmarks"
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

ALTER TABLE "service_agents"
  ALTER COLUMN "created_at" DROP DEFAULT,
  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "created_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "updated_at" DROP DEFAULT,
  ALTER COLUMN "updated_at" SET DATA TYPE text USING to_char("updated_at"::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  ALTER COLUMN "updated_at" SET DEFAULT to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
