CREATE INDEX IF NOT EXISTS "tools_name_idx" ON "tools" USING btree ("name");
