ALTER TABLE "loans" ADD COLUMN "due_at" timestamp with time zone;
--> statement-breakpoint
CREATE INDEX "loans_due_at_idx" ON "loans" USING btree ("due_at");
