-- Undoes 0024_lush_captain_midlands. Loses every push subscription: browsers have to subscribe again.
DROP INDEX IF EXISTS "push_subscriptions_user_idx";
DROP TABLE IF EXISTS "push_subscriptions";
