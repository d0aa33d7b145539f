CREATE TABLE "backstep"."restore_approvals" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."restore_approvals_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"restore_id" integer NOT NULL,
	"digest" text NOT NULL,
	"decision" text NOT NULL,
	"comment" text NOT NULL,
	"decided_by" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"voided_at" timestamp with time zone,
	"void_reason" text,
	CONSTRAINT "restore_approvals_decision_check" CHECK ("backstep"."restore_approvals"."decision" in ('approved', 'rejected'))
);
--> statement-breakpoint
CREATE TABLE "backstep"."restore_events" (
	"restore_id" integer NOT NULL,
	"seq" integer NOT NULL,
	"kind" text NOT NULL,
	"payload" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "restore_events_restore_id_seq_pk" PRIMARY KEY("restore_id","seq")
);
--> statement-breakpoint
CREATE TABLE "backstep"."restore_steps" (
	"restore_id" integer NOT NULL,
	"seq" integer NOT NULL,
	"what" text NOT NULL,
	"name" text NOT NULL,
	"state" text NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"detail" text,
	"ended_at" timestamp with time zone,
	CONSTRAINT "restore_steps_restore_id_seq_pk" PRIMARY KEY("restore_id","seq"),
	CONSTRAINT "restore_steps_state_check" CHECK ("backstep"."restore_steps"."state" in ('intent', 'done', 'failed')),
	CONSTRAINT "restore_steps_what_check" CHECK ("backstep"."restore_steps"."what" in ('restore', 'swap', 'swap_back', 'drop_new', 'drop_former'))
);
--> statement-breakpoint
CREATE TABLE "backstep"."restores" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."restores_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"target" text NOT NULL,
	"environment" text NOT NULL,
	"backup_id" integer NOT NULL,
	"reason" text NOT NULL,
	"incident" text,
	"requested_by" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"status" text DEFAULT 'draft' NOT NULL,
	"message" text,
	"digest" text,
	"asked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"asked_by" uuid,
	"cancel_requested_by" uuid,
	"present_database" text NOT NULL,
	"present_oid" bigint NOT NULL,
	"system_identifier" text NOT NULL,
	"new_database" text,
	"new_oid" bigint,
	"new_dropped_at" timestamp with time zone,
	"former_database" text,
	"former_read_only" text,
	"evidence" jsonb,
	"executor_id" uuid,
	"epoch" integer DEFAULT 0 NOT NULL,
	"heartbeat_at" timestamp with time zone,
	"progress" jsonb,
	"approval_requested_at" timestamp with time zone,
	"swapped_at" timestamp with time zone,
	"keep_until" timestamp with time zone,
	"former_drop_requested_at" timestamp with time zone,
	"former_drop_error" text,
	"former_drop_requested_by" uuid,
	"former_dropped_at" timestamp with time zone,
	"event_seq" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "restores_status_check" CHECK ("backstep"."restores"."status" in ('draft', 'restoring', 'restored', 'failed', 'awaiting_approval', 'approved', 'swapping', 'swapped', 'swapping_back', 'swapped_back', 'unknown', 'rejected', 'cancelled')),
	CONSTRAINT "restores_reason_check" CHECK (length(trim("backstep"."restores"."reason")) > 0)
);
--> statement-breakpoint
ALTER TABLE "backstep"."fences" ALTER COLUMN "rollback_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD COLUMN "restore_id" integer;--> statement-breakpoint
ALTER TABLE "backstep"."restore_approvals" ADD CONSTRAINT "restore_approvals_restore_id_restores_id_fk" FOREIGN KEY ("restore_id") REFERENCES "backstep"."restores"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."restore_approvals" ADD CONSTRAINT "restore_approvals_decided_by_users_id_fk" FOREIGN KEY ("decided_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."restore_events" ADD CONSTRAINT "restore_events_restore_id_restores_id_fk" FOREIGN KEY ("restore_id") REFERENCES "backstep"."restores"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."restore_steps" ADD CONSTRAINT "restore_steps_restore_id_restores_id_fk" FOREIGN KEY ("restore_id") REFERENCES "backstep"."restores"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."restores" ADD CONSTRAINT "restores_backup_id_backups_id_fk" FOREIGN KEY ("backup_id") REFERENCES "backstep"."backups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."restores" ADD CONSTRAINT "restores_requested_by_users_id_fk" FOREIGN KEY ("requested_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."restores" ADD CONSTRAINT "restores_asked_by_users_id_fk" FOREIGN KEY ("asked_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."restores" ADD CONSTRAINT "restores_cancel_requested_by_users_id_fk" FOREIGN KEY ("cancel_requested_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."restores" ADD CONSTRAINT "restores_former_drop_requested_by_users_id_fk" FOREIGN KEY ("former_drop_requested_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "restore_approvals_restore_idx" ON "backstep"."restore_approvals" USING btree ("restore_id","id");--> statement-breakpoint
CREATE INDEX "restores_target_idx" ON "backstep"."restores" USING btree ("target","id");--> statement-breakpoint
CREATE UNIQUE INDEX "restores_one_open_per_target" ON "backstep"."restores" USING btree ("target") WHERE "backstep"."restores"."status" in ('draft', 'restoring', 'restored', 'failed', 'awaiting_approval', 'approved', 'swapping', 'swapping_back', 'unknown');--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD CONSTRAINT "fences_restore_id_restores_id_fk" FOREIGN KEY ("restore_id") REFERENCES "backstep"."restores"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "fences_restore_key" ON "backstep"."fences" USING btree ("restore_id");--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD CONSTRAINT "fences_origin_check" CHECK (num_nonnulls("backstep"."fences"."rollback_id", "backstep"."fences"."restore_id") = 1);