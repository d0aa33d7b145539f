-- Undoes 0001_loans.
DROP TABLE IF EXISTS "loans";
