-- Takes the whole feature out.
DROP TABLE IF EXISTS "members" CASCADE;
DROP TABLE IF EXISTS "loans" CASCADE;
