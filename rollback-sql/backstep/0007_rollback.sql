-- Reverses 0007_restore_guards.sql: the triggers that let restores only go forward.
DROP TRIGGER IF EXISTS rollbacks_check_alone ON backstep.rollbacks;
DROP TRIGGER IF EXISTS restores_check_alone ON backstep.restores;
DROP TRIGGER IF EXISTS restore_steps_check ON backstep.restore_steps;
DROP TRIGGER IF EXISTS restores_check_change ON backstep.restores;
DROP TRIGGER IF EXISTS restores_check_begin ON backstep.restores;
DROP TRIGGER IF EXISTS restore_approvals_kept ON backstep.restore_approvals;
DROP TRIGGER IF EXISTS restore_steps_kept ON backstep.restore_steps;
DROP TRIGGER IF EXISTS restores_kept ON backstep.restores;
DROP TRIGGER IF EXISTS restore_events_append_only ON backstep.restore_events;
DROP FUNCTION IF EXISTS backstep.check_target_alone();
DROP FUNCTION IF EXISTS backstep.check_restore_step();
DROP FUNCTION IF EXISTS backstep.check_restore_change();
DROP FUNCTION IF EXISTS backstep.check_restore_begin();
DROP TABLE IF EXISTS backstep.restore_status_changes;
