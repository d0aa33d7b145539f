CREATE TABLE "backstep"."rescues" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backstep"."rescues_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"rollback_id" integer NOT NULL,
	"target" text NOT NULL,
	"position" integer NOT NULL,
	"statement_index" integer NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"copy" text NOT NULL,
	"rows" bigint NOT NULL,
	"bytes" bigint NOT NULL,
	"merge_sql" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"prune_requested_at" timestamp with time zone,
	"prune_requested_by" uuid,
	"pruned_at" timestamp with time zone,
	"prune_error" text,
	CONSTRAINT "rescues_kind_check" CHECK ("backstep"."rescues"."kind" in ('table', 'columns', 'rows'))
);
--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD COLUMN "kind" text DEFAULT 'trigger' NOT NULL;--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD COLUMN "why" text;--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD COLUMN "refusals" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD COLUMN "last_refused_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD COLUMN "looked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD COLUMN "look_error" text;--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD COLUMN "removed_by_hand_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD COLUMN "reapplied" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "backstep"."rollback_steps" ADD COLUMN "parts_done" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "backstep"."rollback_steps" ADD COLUMN "intent_part" integer;--> statement-breakpoint
ALTER TABLE "backstep"."runs" ADD COLUMN "all_or_nothing" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "backstep"."runs" ADD COLUMN "rescue" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "backstep"."rescues" ADD CONSTRAINT "rescues_rollback_id_rollbacks_id_fk" FOREIGN KEY ("rollback_id") REFERENCES "backstep"."rollbacks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."rescues" ADD CONSTRAINT "rescues_prune_requested_by_users_id_fk" FOREIGN KEY ("prune_requested_by") REFERENCES "backstep"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "rescues_copy_key" ON "backstep"."rescues" USING btree ("target","copy") WHERE "backstep"."rescues"."pruned_at" is null;--> statement-breakpoint
CREATE INDEX "rescues_rollback_idx" ON "backstep"."rescues" USING btree ("rollback_id");--> statement-breakpoint
ALTER TABLE "backstep"."fences" ADD CONSTRAINT "fences_kind_check" CHECK ("backstep"."fences"."kind" in ('trigger', 'watch'));