ALTER TABLE "tools" ADD COLUMN "rack_code" varchar(12);
--> statement-breakpoint
UPDATE "tools" SET "rack_code" = upper(left("rack", 12));
--> statement-breakpoint
ALTER TABLE "tools" DROP COLUMN "rack";
