-- Undoes 0021_fix_attachment_fk_on_delete: a user with attachments can no longer be deleted.
-- Attachments whose uploader was deleted meanwhile keep an empty uploaded_by.
ALTER TABLE "message_attachments"
  DROP CONSTRAINT IF EXISTS "message_attachments_uploaded_by_users_id_fk",
  ADD CONSTRAINT "message_attachments_uploaded_by_users_id_fk" FOREIGN KEY ("uploaded_by") REFERENCES "public"."users" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
