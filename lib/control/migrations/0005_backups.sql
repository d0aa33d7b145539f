CREATE TABLE "backstep"."test_restores" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."test_restores_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"backup_id" integer NOT NULL,
	"rollback_id" integer,
	"digest" text,
	"requested_by" uuid,
	"state" text DEFAULT 'queued' NOT NULL,
	"executor_id" uuid,
	"queued_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"error" text,
	"progress" jsonb,
	"check" jsonb,
	"rehearsal" jsonb,
	CONSTRAINT "test_restores_state_check" CHECK ("backstep"."test_restores"."state" in ('queued', 'running', 'passed', 'failed', 'interrupted')),
	CONSTRAINT "test_restores_digest_check" CHECK (("backstep"."test_restores"."rollback_id" is null) = ("backstep"."test_restores"."digest" is null))
);
--> statement-breakpoint
ALTER TABLE "backstep"."backups" DROP CONSTRAINT "backups_confirmed_check";--> statement-breakpoint
ALTER TABLE "backstep"."backups" ALTER COLUMN "rollback_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD COLUMN "level" text;--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD COLUMN "stored" jsonb;--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD COLUMN "attestation" jsonb;--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD COLUMN "confirmed_by" uuid;--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD COLUMN "confirmed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD COLUMN "cancel_requested_by" uuid;--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD COLUMN "pruned_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD COLUMN "prune_reason" text;--> statement-breakpoint
ALTER TABLE "backstep"."test_restores" ADD CONSTRAINT "test_restores_backup_id_backups_id_fk" FOREIGN KEY ("backup_id") REFERENCES "backstep"."backups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."test_restores" ADD CONSTRAINT "test_restores_rollback_id_rollbacks_id_fk" FOREIGN KEY ("rollback_id") REFERENCES "backstep"."rollbacks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."test_restores" ADD CONSTRAINT "test_restores_requested_by_users_id_fk" FOREIGN KEY ("requested_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "test_restores_backup_idx" ON "backstep"."test_restores" USING btree ("backup_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "test_restores_one_open" ON "backstep"."test_restores" USING btree ("backup_id") WHERE "backstep"."test_restores"."state" in ('queued', 'running');--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD CONSTRAINT "backups_confirmed_by_users_id_fk" FOREIGN KEY ("confirmed_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD CONSTRAINT "backups_cancel_requested_by_users_id_fk" FOREIGN KEY ("cancel_requested_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "backups_target_idx" ON "backstep"."backups" USING btree ("target","id");--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD CONSTRAINT "backups_method_check" CHECK ("backstep"."backups"."method" in ('pg_dump', 'command', 'attested'));--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD CONSTRAINT "backups_level_check" CHECK ("backstep"."backups"."level" in ('vouched', 'read'));--> statement-breakpoint
-- Every confirmed one so far was dumped, and read back in full.
UPDATE "backstep"."backups" SET "level" = 'read' WHERE "state" = 'passed';--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD CONSTRAINT "backups_confirmed_check" CHECK ("backstep"."backups"."state" <> 'passed' or ("backstep"."backups"."snapshot_at" is not null and "backstep"."backups"."level" is not null and "backstep"."backups"."location" is not null and ("backstep"."backups"."method" <> 'pg_dump' or ("backstep"."backups"."manifest" is not null and "backstep"."backups"."manifest_sha256" is not null))));