CREATE UNIQUE INDEX "routers_created_by_name_idx" ON "routers" USING btree ("created_by_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "service_agents_created_by_name_idx" ON "service_agents" USING btree ("created_by_id","name");
