CREATE INDEX "audit_logs_target_idx" ON "audit_logs" USING btree ("target_type","target_id");--> statement-breakpoint
CREATE INDEX "attachments_uploaded_by_idx" ON "message_attachments" USING btree ("uploaded_by");
