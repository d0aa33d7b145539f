-- What must hold even when a program is wrong: the history is only ever appended to, and a rollback
-- changes its status only along the table of core/rollback.ts.

CREATE FUNCTION backstep.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on %.% is refused: rows are only ever added', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END
$$;
--> statement-breakpoint
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON backstep.audit_log
FOR EACH STATEMENT EXECUTE FUNCTION backstep.refuse_change();
--> statement-breakpoint
CREATE TRIGGER rollback_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON backstep.rollback_events
FOR EACH STATEMENT EXECUTE FUNCTION backstep.refuse_change();
--> statement-breakpoint
CREATE TABLE backstep.rollback_status_changes (
  from_status text NOT NULL,
  to_status text NOT NULL,
  PRIMARY KEY (from_status, to_status)
);
--> statement-breakpoint
INSERT INTO backstep.rollback_status_changes (from_status, to_status) VALUES
  ('draft', 'awaiting_approval'),
  ('draft', 'approved'),
  ('draft', 'cancelled'),
  ('awaiting_approval', 'approved'),
  ('awaiting_approval', 'rejected'),
  ('awaiting_approval', 'draft'),
  ('awaiting_approval', 'cancelled'),
  ('awaiting_approval', 'expired'),
  ('approved', 'running'),
  ('approved', 'draft'),
  ('approved', 'cancelled'),
  ('approved', 'expired'),
  ('running', 'succeeded'),
  ('running', 'stopped'),
  ('running', 'unknown'),
  ('unknown', 'stopped'),
  ('unknown', 'succeeded'),
  ('stopped', 'running'),
  ('stopped', 'cancelled');
--> statement-breakpoint
CREATE FUNCTION backstep.check_rollback_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status AND NOT EXISTS (
    SELECT FROM backstep.rollback_status_changes c
    WHERE c.from_status = OLD.status AND c.to_status = NEW.status
  ) THEN
    RAISE EXCEPTION 'rollback %: status % does not follow %', OLD.id, NEW.status, OLD.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.plan_digest <> OLD.plan_digest AND OLD.status <> 'draft' THEN
    RAISE EXCEPTION 'rollback %: the plan is pinned, its status is %', OLD.id, OLD.status
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER rollbacks_check_change BEFORE UPDATE ON backstep.rollbacks
FOR EACH ROW EXECUTE FUNCTION backstep.check_rollback_change();
