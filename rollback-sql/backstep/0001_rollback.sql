-- Reverses 0001_guards.sql: the triggers that keep history append-only and statuses lawful.
DROP TRIGGER IF EXISTS rollbacks_check_change ON backstep.rollbacks;
DROP FUNCTION IF EXISTS backstep.check_rollback_change();
DROP TABLE IF EXISTS backstep.rollback_status_changes;
DROP TRIGGER IF EXISTS rollback_events_append_only ON backstep.rollback_events;
DROP TRIGGER IF EXISTS audit_log_append_only ON backstep.audit_log;
DROP FUNCTION IF EXISTS backstep.refuse_change();
