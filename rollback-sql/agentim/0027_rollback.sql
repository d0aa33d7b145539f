-- Undoes 0027_add_fulltext_search_index. No data is lost; searching messages reads the whole table.
DROP INDEX IF EXISTS "messages_content_search_idx";
