CREATE TYPE "public"."tool_status" AS ENUM('shelved', 'lent', 'broken');
--> statement-breakpoint
ALTER TABLE "tools" ADD COLUMN "status" "tool_status" DEFAULT 'shelved' NOT NULL;
