-- Reverses 0008_changes.sql: nobody is told of changed rows any more.
DROP TRIGGER IF EXISTS fences_tell ON backstep.fences;
DROP TRIGGER IF EXISTS restore_steps_tell ON backstep.restore_steps;
DROP TRIGGER IF EXISTS restores_tell ON backstep.restores;
DROP TRIGGER IF EXISTS test_restores_tell ON backstep.test_restores;
DROP TRIGGER IF EXISTS backups_tell ON backstep.backups;
DROP FUNCTION IF EXISTS backstep.tell_change();
