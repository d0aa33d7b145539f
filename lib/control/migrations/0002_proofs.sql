CREATE TABLE "backstep"."acknowledgements" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."acknowledgements_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"rollback_id" integer NOT NULL,
	"digest" text NOT NULL,
	"key" text NOT NULL,
	"acknowledged_by" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "backstep"."proofs" (
	"key" text PRIMARY KEY NOT NULL,
	"tag" text NOT NULL,
	"script" text NOT NULL,
	"proof" jsonb NOT NULL,
	"proved_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "backstep"."target_checks" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."target_checks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"target" text NOT NULL,
	"content" text,
	"state" text DEFAULT 'queued' NOT NULL,
	"executor_id" uuid,
	"queued_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"error" text,
	"progress" jsonb,
	"drift" jsonb,
	CONSTRAINT "target_checks_state_check" CHECK ("backstep"."target_checks"."state" in ('queued', 'running', 'passed', 'failed', 'interrupted'))
);
--> statement-breakpoint
ALTER TABLE "backstep"."acknowledgements" ADD CONSTRAINT "acknowledgements_rollback_id_rollbacks_id_fk" FOREIGN KEY ("rollback_id") REFERENCES "backstep"."rollbacks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."acknowledgements" ADD CONSTRAINT "acknowledgements_acknowledged_by_users_id_fk" FOREIGN KEY ("acknowledged_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "acknowledgements_once" ON "backstep"."acknowledgements" USING btree ("rollback_id","digest","key");--> statement-breakpoint
CREATE INDEX "target_checks_target_idx" ON "backstep"."target_checks" USING btree ("target","id");--> statement-breakpoint
CREATE UNIQUE INDEX "target_checks_one_open" ON "backstep"."target_checks" USING btree ("target") WHERE "backstep"."target_checks"."state" in ('queued', 'running');