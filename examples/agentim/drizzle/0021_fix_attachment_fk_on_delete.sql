ALTER TABLE "message_attachments" DROP CONSTRAINT "message_attachments_uploaded_by_users_id_fk";
--> statement-breakpoint
ALTER TABLE "message_attachments" ADD CONSTRAINT "message_attachments_uploaded_by_users_id_fk" FOREIGN KEY ("uploaded_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;
