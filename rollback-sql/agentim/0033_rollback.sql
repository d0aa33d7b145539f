-- Undoes 0033_add_revoked_tokens.
-- Loses the list of revoked tokens: each of them is accepted again until it expires.
DROP INDEX IF EXISTS "revoked_tokens_expires_at_idx";
DROP INDEX IF EXISTS "revoked_tokens_user_idx";
DROP TABLE IF EXISTS "revoked_tokens";
