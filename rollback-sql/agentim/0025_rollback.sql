-- Undoes 0025_add_pinned_archived_indexes. No data is lost; pinned_at and archived_at are older and stay.
DROP INDEX IF EXISTS "room_members_archived_idx";
DROP INDEX IF EXISTS "room_members_pinned_idx";
