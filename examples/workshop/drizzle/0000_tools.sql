CREATE TABLE "tools" (
	"id" serial PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"rack" text
);
--> statement-breakpoint
CREATE INDEX "tools_name_idx" ON "tools" USING btree ("name");
