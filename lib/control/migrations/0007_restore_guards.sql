-- What a restore writes can only go forward, whoever writes it. The pairs are those of core/restore.ts.

CREATE TABLE backstep.restore_status_changes (
  from_status text NOT NULL,
  to_status text NOT NULL,
  PRIMARY KEY (from_status, to_status)
);
--> statement-breakpoint
INSERT INTO backstep.restore_status_changes (from_status, to_status) VALUES
  ('draft', 'restoring'),
  ('draft', 'cancelled'),
  ('restoring', 'restored'),
  ('restoring', 'failed'),
  ('failed', 'restoring'),
  ('failed', 'cancelled'),
  ('restored', 'awaiting_approval'),
  ('restored', 'approved'),
  ('restored', 'cancelled'),
  ('awaiting_approval', 'approved'),
  ('awaiting_approval', 'rejected'),
  ('awaiting_approval', 'restored'),
  ('awaiting_approval', 'cancelled'),
  ('approved', 'swapping'),
  ('approved', 'restored'),
  ('approved', 'cancelled'),
  ('swapping', 'swapped'),
  ('swapping', 'approved'),
  ('swapping', 'unknown'),
  ('swapped', 'swapping_back'),
  ('swapping_back', 'swapped_back'),
  ('swapping_back', 'swapped'),
  ('swapping_back', 'unknown'),
  ('unknown', 'approved'),
  ('unknown', 'swapped'),
  ('unknown', 'swapped_back');
--> statement-breakpoint
CREATE TRIGGER restore_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON backstep.restore_events
FOR EACH STATEMENT EXECUTE FUNCTION backstep.refuse_change();
--> statement-breakpoint
CREATE TRIGGER restores_kept BEFORE DELETE OR TRUNCATE ON backstep.restores
FOR EACH STATEMENT EXECUTE FUNCTION backstep.refuse_removal();
--> statement-breakpoint
CREATE TRIGGER restore_steps_kept BEFORE DELETE OR TRUNCATE ON backstep.restore_steps
FOR EACH STATEMENT EXECUTE FUNCTION backstep.refuse_removal();
--> statement-breakpoint
CREATE TRIGGER restore_approvals_kept BEFORE DELETE OR TRUNCATE ON backstep.restore_approvals
FOR EACH STATEMENT EXECUTE FUNCTION backstep.refuse_removal();
--> statement-breakpoint
CREATE FUNCTION backstep.check_restore_begin() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> 'draft' OR NEW.epoch <> 0 OR NEW.new_oid IS NOT NULL OR NEW.swapped_at IS NOT NULL THEN
    RAISE EXCEPTION 'a restore begins as a draft with nothing done, not as %', NEW.status
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER restores_check_begin BEFORE INSERT ON backstep.restores
FOR EACH ROW EXECUTE FUNCTION backstep.check_restore_begin();
--> statement-breakpoint
CREATE FUNCTION backstep.check_restore_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status AND NOT EXISTS (
    SELECT FROM backstep.restore_status_changes c
    WHERE c.from_status = OLD.status AND c.to_status = NEW.status
  ) THEN
    RAISE EXCEPTION 'restore %: status % does not follow %', OLD.id, NEW.status, OLD.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.id, NEW.target, NEW.environment, NEW.backup_id, NEW.reason, NEW.incident, NEW.requested_by, NEW.created_at, NEW.present_database, NEW.present_oid, NEW.system_identifier)
     IS DISTINCT FROM (OLD.id, OLD.target, OLD.environment, OLD.backup_id, OLD.reason, OLD.incident, OLD.requested_by, OLD.created_at, OLD.present_database, OLD.present_oid, OLD.system_identifier) THEN
    RAISE EXCEPTION 'restore %: what was asked for stays', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.epoch < OLD.epoch THEN
    RAISE EXCEPTION 'restore %: epoch % does not follow %', OLD.id, NEW.epoch, OLD.epoch
      USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.new_oid IS DISTINCT FROM OLD.new_oid OR NEW.new_database IS DISTINCT FROM OLD.new_database)
     AND OLD.status <> 'restoring' THEN
    RAISE EXCEPTION 'restore %: which database was restored stays, its status is %', OLD.id, OLD.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status IN ('restored', 'awaiting_approval', 'approved', 'swapping', 'swapped', 'swapping_back', 'swapped_back')
     AND (NEW.new_oid IS NULL OR NEW.digest IS NULL OR NEW.evidence IS NULL) THEN
    RAISE EXCEPTION 'restore %: nothing was restored, so it is not %', OLD.id, NEW.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status IN ('swapped', 'swapped_back')
     AND (NEW.former_database IS NULL OR NEW.swapped_at IS NULL OR NEW.keep_until IS NULL) THEN
    RAISE EXCEPTION 'restore %: it is not told what became of the former database', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.former_dropped_at IS NOT NULL AND NEW.status NOT IN ('swapped', 'swapped_back')
     OR OLD.former_dropped_at IS NOT NULL AND NEW.former_dropped_at IS DISTINCT FROM OLD.former_dropped_at THEN
    RAISE EXCEPTION 'restore %: a former database is dropped after a swap, and once', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER restores_check_change BEFORE UPDATE ON backstep.restores
FOR EACH ROW EXECUTE FUNCTION backstep.check_restore_change();
--> statement-breakpoint
CREATE FUNCTION backstep.check_restore_step() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'intent' OR NEW.ended_at IS NOT NULL THEN
      RAISE EXCEPTION 'act % of restore % begins as an intent', NEW.seq, NEW.restore_id
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state <> 'intent' THEN
    RAISE EXCEPTION 'act % of restore % is over, and nothing about it changes any more', OLD.seq, OLD.restore_id
      USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.restore_id, NEW.seq, NEW.what, NEW.name, NEW.at) IS DISTINCT FROM (OLD.restore_id, OLD.seq, OLD.what, OLD.name, OLD.at)
     OR (NEW.state = 'intent') <> (NEW.ended_at IS NULL) THEN
    RAISE EXCEPTION 'act % of restore %: what it is stays', OLD.seq, OLD.restore_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER restore_steps_check BEFORE INSERT OR UPDATE ON backstep.restore_steps
FOR EACH ROW EXECUTE FUNCTION backstep.check_restore_step();
--> statement-breakpoint
-- A run and a swap of one target exclude each other. Who comes second is stopped here, however close.
CREATE FUNCTION backstep.check_target_alone() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(5730006, pg_catalog.hashtext(NEW.target));
  IF TG_TABLE_NAME = 'restores' AND EXISTS (
    SELECT FROM backstep.rollbacks b WHERE b.target = NEW.target AND b.status IN ('running', 'unknown')
  ) OR TG_TABLE_NAME = 'rollbacks' AND EXISTS (
    SELECT FROM backstep.restores r WHERE r.target = NEW.target AND r.status IN ('swapping', 'swapping_back', 'unknown')
  ) THEN
    RAISE EXCEPTION 'target %: a rollback and a restore do not change it at the same time', NEW.target
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER restores_check_alone BEFORE UPDATE OF status ON backstep.restores
FOR EACH ROW WHEN (OLD.status NOT IN ('swapping', 'swapping_back', 'unknown') AND NEW.status IN ('swapping', 'swapping_back'))
EXECUTE FUNCTION backstep.check_target_alone();
--> statement-breakpoint
CREATE TRIGGER rollbacks_check_alone BEFORE UPDATE OF status ON backstep.rollbacks
FOR EACH ROW WHEN (OLD.status NOT IN ('running', 'unknown') AND NEW.status = 'running')
EXECUTE FUNCTION backstep.check_target_alone();
