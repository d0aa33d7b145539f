ALTER TABLE "users" ADD COLUMN "max_ws_connections" integer;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "max_gateways" integer;--> statement-breakpoint
CREATE INDEX "users_max_ws_connections_idx" ON "users" USING btree ("max_ws_connections") WHERE "users"."max_ws_connections" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "users_max_gateways_idx" ON "users" USING btree ("max_gateways") WHERE "users"."max_gateways" IS NOT NULL;
