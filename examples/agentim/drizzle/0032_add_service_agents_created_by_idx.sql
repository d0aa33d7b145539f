CREATE INDEX "service_agents_created_by_idx" ON "service_agents" USING btree ("created_by_id");
