CREATE SCHEMA "backstep";
--> statement-breakpoint
CREATE TABLE "backstep"."approvals" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."approvals_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"rollback_id" integer NOT NULL,
	"digest" text NOT NULL,
	"decision" text NOT NULL,
	"comment" text NOT NULL,
	"decided_by" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"voided_at" timestamp with time zone,
	"void_reason" text,
	CONSTRAINT "approvals_decision_check" CHECK ("backstep"."approvals"."decision" in ('approved', 'rejected'))
);
--> statement-breakpoint
CREATE TABLE "backstep"."audit_log" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor_id" text NOT NULL,
	"actor_name" text NOT NULL,
	"actor_role" text NOT NULL,
	"action" text NOT NULL,
	"subject" text,
	"target" text,
	"outcome" text NOT NULL,
	"payload" jsonb NOT NULL,
	"request_id" text NOT NULL,
	"prev_hash" text NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "audit_log_outcome_check" CHECK ("backstep"."audit_log"."outcome" in ('done', 'refused', 'failed', 'unknown'))
);
--> statement-breakpoint
CREATE TABLE "backstep"."backups" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."backups_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"rollback_id" integer NOT NULL,
	"target" text NOT NULL,
	"method" text NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"executor_id" uuid,
	"queued_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"error" text,
	"progress" jsonb,
	"taken_by" uuid NOT NULL,
	"snapshot_at" timestamp with time zone,
	"location" text,
	"size_bytes" bigint,
	"database_bytes" bigint,
	"manifest" jsonb,
	"manifest_sha256" text,
	"checks" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "backups_state_check" CHECK ("backstep"."backups"."state" in ('queued', 'running', 'passed', 'failed', 'interrupted')),
	CONSTRAINT "backups_confirmed_check" CHECK ("backstep"."backups"."state" <> 'passed' or ("backstep"."backups"."snapshot_at" is not null and "backstep"."backups"."location" is not null and "backstep"."backups"."manifest" is not null and "backstep"."backups"."manifest_sha256" is not null))
);
--> statement-breakpoint
CREATE TABLE "backstep"."executors" (
	"id" uuid PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"heartbeat_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "backstep"."fences" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."fences_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"target" text NOT NULL,
	"rollback_id" integer NOT NULL,
	"head_tag" text NOT NULL,
	"raised_at" timestamp with time zone DEFAULT now() NOT NULL,
	"release_requested_at" timestamp with time zone,
	"release_requested_by" uuid,
	"released_at" timestamp with time zone,
	"release_error" text
);
--> statement-breakpoint
CREATE TABLE "backstep"."rehearsals" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."rehearsals_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"rollback_id" integer NOT NULL,
	"digest" text NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"executor_id" uuid,
	"queued_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"error" text,
	"progress" jsonb,
	"result" jsonb,
	CONSTRAINT "rehearsals_state_check" CHECK ("backstep"."rehearsals"."state" in ('queued', 'running', 'passed', 'failed', 'interrupted'))
);
--> statement-breakpoint
CREATE TABLE "backstep"."rollback_events" (
	"rollback_id" integer NOT NULL,
	"seq" integer NOT NULL,
	"run_id" integer,
	"kind" text NOT NULL,
	"payload" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "rollback_events_rollback_id_seq_pk" PRIMARY KEY("rollback_id","seq")
);
--> statement-breakpoint
CREATE TABLE "backstep"."rollback_steps" (
	"rollback_id" integer NOT NULL,
	"position" integer NOT NULL,
	"tag" text NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"xid" text,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"error" jsonb,
	"verification" jsonb,
	CONSTRAINT "rollback_steps_rollback_id_position_pk" PRIMARY KEY("rollback_id","position"),
	CONSTRAINT "rollback_steps_status_check" CHECK ("backstep"."rollback_steps"."status" in ('pending', 'running', 'committing', 'committed', 'failed', 'unknown'))
);
--> statement-breakpoint
CREATE TABLE "backstep"."rollbacks" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."rollbacks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"target" text NOT NULL,
	"environment" text NOT NULL,
	"reason" text NOT NULL,
	"incident" text,
	"requested_by" uuid NOT NULL,
	"status" text DEFAULT 'draft' NOT NULL,
	"outcome" text,
	"outcome_message" text,
	"plan" jsonb NOT NULL,
	"plan_digest" text NOT NULL,
	"plan_check" jsonb,
	"steps_done" integer DEFAULT 0 NOT NULL,
	"steps_total" integer NOT NULL,
	"event_seq" integer DEFAULT 0 NOT NULL,
	"approval_requested_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "rollbacks_status_check" CHECK ("backstep"."rollbacks"."status" in ('draft', 'awaiting_approval', 'approved', 'running', 'succeeded', 'stopped', 'unknown', 'rejected', 'cancelled', 'expired')),
	CONSTRAINT "rollbacks_steps_check" CHECK ("backstep"."rollbacks"."steps_done" between 0 and "backstep"."rollbacks"."steps_total"),
	CONSTRAINT "rollbacks_reason_check" CHECK (length(trim("backstep"."rollbacks"."reason")) > 0)
);
--> statement-breakpoint
CREATE TABLE "backstep"."runs" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"rollback_id" integer NOT NULL,
	"number" integer NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"epoch" integer DEFAULT 0 NOT NULL,
	"executor_id" uuid,
	"heartbeat_at" timestamp with time zone,
	"requested_by" uuid NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"stop_requested_by" uuid,
	"cancel_requested_by" uuid,
	CONSTRAINT "runs_state_check" CHECK ("backstep"."runs"."state" in ('queued', 'running', 'finished'))
);
--> statement-breakpoint
CREATE TABLE "backstep"."sessions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	"user_agent" text
);
--> statement-breakpoint
CREATE TABLE "backstep"."settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "backstep"."sign_in_attempts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."sign_in_attempts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"email" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"ok" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "backstep"."users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"password_hash" text NOT NULL,
	"disabled_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_role_check" CHECK ("backstep"."users"."role" in ('on_call', 'reviewer', 'auditor', 'admin'))
);
--> statement-breakpoint
ALTER TABLE "backstep"."approvals" ADD CONSTRAINT "approvals_rollback_id_rollbacks_id_fk" FOREIGN KEY ("rollback_id") REFERENCES "backstep"."rollbacks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."approvals" ADD CONSTRAINT "approvals_decided_by_users_id_fk" FOREIGN KEY ("decided_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD CONSTRAINT "backups_rollback_id_rollbacks_id_fk" FOREIGN KEY ("rollback_id") REFERENCES "backstep"."rollbacks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."backups" ADD CONSTRAINT "backups_taken_by_users_id_fk" FOREIGN KEY ("taken_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD CONSTRAINT "fences_rollback_id_rollbacks_id_fk" FOREIGN KEY ("rollback_id") REFERENCES "backstep"."rollbacks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD CONSTRAINT "fences_release_requested_by_users_id_fk" FOREIGN KEY ("release_requested_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."rehearsals" ADD CONSTRAINT "rehearsals_rollback_id_rollbacks_id_fk" FOREIGN KEY ("rollback_id") REFERENCES "backstep"."rollbacks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."rollback_events" ADD CONSTRAINT "rollback_events_rollback_id_rollbacks_id_fk" FOREIGN KEY ("rollback_id") REFERENCES "backstep"."rollbacks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."rollback_events" ADD CONSTRAINT "rollback_events_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "backstep"."runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."rollback_steps" ADD CONSTRAINT "rollback_steps_rollback_id_rollbacks_id_fk" FOREIGN KEY ("rollback_id") REFERENCES "backstep"."rollbacks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."rollbacks" ADD CONSTRAINT "rollbacks_requested_by_users_id_fk" FOREIGN KEY ("requested_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."runs" ADD CONSTRAINT "runs_rollback_id_rollbacks_id_fk" FOREIGN KEY ("rollback_id") REFERENCES "backstep"."rollbacks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."runs" ADD CONSTRAINT "runs_requested_by_users_id_fk" FOREIGN KEY ("requested_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."runs" ADD CONSTRAINT "runs_stop_requested_by_users_id_fk" FOREIGN KEY ("stop_requested_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."runs" ADD CONSTRAINT "runs_cancel_requested_by_users_id_fk" FOREIGN KEY ("cancel_requested_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "approvals_rollback_idx" ON "backstep"."approvals" USING btree ("rollback_id","id");--> statement-breakpoint
CREATE INDEX "audit_log_at_idx" ON "backstep"."audit_log" USING btree ("at");--> statement-breakpoint
CREATE INDEX "audit_log_subject_idx" ON "backstep"."audit_log" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "audit_log_target_idx" ON "backstep"."audit_log" USING btree ("target");--> statement-breakpoint
CREATE INDEX "backups_rollback_idx" ON "backstep"."backups" USING btree ("rollback_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "fences_rollback_key" ON "backstep"."fences" USING btree ("rollback_id");--> statement-breakpoint
CREATE INDEX "fences_target_idx" ON "backstep"."fences" USING btree ("target");--> statement-breakpoint
CREATE INDEX "rehearsals_rollback_idx" ON "backstep"."rehearsals" USING btree ("rollback_id","id");--> statement-breakpoint
CREATE INDEX "rollbacks_target_status_idx" ON "backstep"."rollbacks" USING btree ("target","status");--> statement-breakpoint
CREATE UNIQUE INDEX "rollbacks_one_running_per_target" ON "backstep"."rollbacks" USING btree ("target") WHERE "backstep"."rollbacks"."status" in ('running', 'unknown');--> statement-breakpoint
CREATE UNIQUE INDEX "runs_rollback_number_key" ON "backstep"."runs" USING btree ("rollback_id","number");--> statement-breakpoint
CREATE UNIQUE INDEX "runs_one_open_per_rollback" ON "backstep"."runs" USING btree ("rollback_id") WHERE "backstep"."runs"."state" <> 'finished';--> statement-breakpoint
CREATE INDEX "sessions_user_idx" ON "backstep"."sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sign_in_attempts_email_at_idx" ON "backstep"."sign_in_attempts" USING btree ("email","at");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_key" ON "backstep"."users" USING btree (lower("email"));