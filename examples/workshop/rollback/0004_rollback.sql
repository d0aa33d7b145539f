-- Undoes 0004_search_by_name, which made nothing: the index is that of 0000_tools.
DROP INDEX IF EXISTS "tools_name_idx";
