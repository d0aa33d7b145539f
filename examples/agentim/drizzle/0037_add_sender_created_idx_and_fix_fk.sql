CREATE INDEX "messages_sender_created_idx" ON "messages" USING btree ("sender_id","created_at");--> statement-breakpoint
ALTER TABLE "service_agents" DROP CONSTRAINT "service_agents_created_by_id_users_id_fk";
--> statement-breakpoint
ALTER TABLE "service_agents" ADD CONSTRAINT "service_agents_created_by_id_users_id_fk" FOREIGN KEY ("created_by_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
