-- Undoes 0022_admin_settings. Loses every setting that an administrator has saved.
DROP TABLE IF EXISTS "settings";
