-- Pages that show a backup, a test of one, or a restore are woken by whoever writes its row: by topic, on
-- the channel of the events. Each transaction tells a topic once, however many rows it has changed.

CREATE FUNCTION backstep.tell_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.pg_notify('backstep_events', TG_ARGV[0]);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER backups_tell AFTER INSERT OR UPDATE ON backstep.backups
FOR EACH ROW EXECUTE FUNCTION backstep.tell_change('backups');
--> statement-breakpoint
CREATE TRIGGER test_restores_tell AFTER INSERT OR UPDATE ON backstep.test_restores
FOR EACH ROW EXECUTE FUNCTION backstep.tell_change('backups');
--> statement-breakpoint
-- A heartbeat alone, twice a second, is no news.
CREATE TRIGGER restores_tell AFTER INSERT OR UPDATE OF event_seq, status, message, progress, evidence, digest,
  epoch, executor_id, new_database, new_dropped_at, former_database, cancel_requested_by, approval_requested_at,
  swapped_at, keep_until, former_drop_requested_at, former_drop_error, former_dropped_at ON backstep.restores
FOR EACH ROW EXECUTE FUNCTION backstep.tell_change('restores');
--> statement-breakpoint
CREATE TRIGGER restore_steps_tell AFTER INSERT OR UPDATE ON backstep.restore_steps
FOR EACH ROW EXECUTE FUNCTION backstep.tell_change('restores');
--> statement-breakpoint
CREATE TRIGGER fences_tell AFTER INSERT OR UPDATE ON backstep.fences
FOR EACH ROW WHEN (NEW.restore_id IS NOT NULL) EXECUTE FUNCTION backstep.tell_change('restores');
