-- Reverses 0000_spine.sql: every table of Backstep's control schema. All history goes with it.
DROP TABLE IF EXISTS backstep.audit_log;
DROP TABLE IF EXISTS backstep.fences;
DROP TABLE IF EXISTS backstep.rollback_events;
DROP TABLE IF EXISTS backstep.runs;
DROP TABLE IF EXISTS backstep.approvals;
DROP TABLE IF EXISTS backstep.backups;
DROP TABLE IF EXISTS backstep.rehearsals;
DROP TABLE IF EXISTS backstep.rollback_steps;
DROP TABLE IF EXISTS backstep.rollbacks;
DROP TABLE IF EXISTS backstep.executors;
DROP TABLE IF EXISTS backstep.settings;
DROP TABLE IF EXISTS backstep.sign_in_attempts;
DROP TABLE IF EXISTS backstep.sessions;
DROP TABLE IF EXISTS backstep.users;
DROP SCHEMA IF EXISTS backstep;
