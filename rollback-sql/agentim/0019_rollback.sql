-- Undoes 0019_little_blazing_skull. No data is lost; lookups by audit target and by uploader scan again.
DROP INDEX IF EXISTS "attachments_uploaded_by_idx";
DROP INDEX IF EXISTS "audit_logs_target_idx";
