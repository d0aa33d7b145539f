-- Undoes 0009_rack_codes. The racks come back from their codes: shortened, and in capitals.
ALTER TABLE "tools" ADD COLUMN IF NOT EXISTS "rack" text;
UPDATE "tools" SET "rack" = "rack_code";
ALTER TABLE "tools" DROP COLUMN IF EXISTS "rack_code";
