ALTER TABLE "users" ADD COLUMN "failed_logins" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "locked_until" text;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_failed_logins_check" CHECK ("users"."failed_logins" >= 0);
