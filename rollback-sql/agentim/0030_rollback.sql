-- Undoes 0030_add_bookmarks. Loses every bookmark and its note.
DROP INDEX IF EXISTS "bookmarks_message_idx";
DROP INDEX IF EXISTS "bookmarks_user_created_idx";
DROP INDEX IF EXISTS "bookmarks_user_message_idx";
DROP TABLE IF EXISTS "bookmarks";
