-- Copied from another project: there has never been such a table here.
DROP TABLE IF EXISTS "reservations";
