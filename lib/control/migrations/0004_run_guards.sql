-- What a run writes can only go forward, whoever writes it. The pairs are those of core/run-changes.ts.
-- Moments are only asked whether they are there, never compared: a clock that was set back must not
-- keep the end of a run from being written down.

CREATE TABLE backstep.run_state_changes (
  from_state text NOT NULL,
  to_state text NOT NULL,
  PRIMARY KEY (from_state, to_state)
);
--> statement-breakpoint
INSERT INTO backstep.run_state_changes (from_state, to_state) VALUES
  ('queued', 'running'),
  ('running', 'finished');
--> statement-breakpoint
CREATE TABLE backstep.step_status_changes (
  from_status text NOT NULL,
  to_status text NOT NULL,
  PRIMARY KEY (from_status, to_status)
);
--> statement-breakpoint
INSERT INTO backstep.step_status_changes (from_status, to_status) VALUES
  ('pending', 'running'),
  ('running', 'committing'),
  ('running', 'failed'),
  ('committing', 'running'),
  ('committing', 'failed'),
  ('committing', 'committed'),
  ('failed', 'running');
--> statement-breakpoint
CREATE FUNCTION backstep.refuse_removal() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on %.% is refused: what was begun is kept', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END
$$;
--> statement-breakpoint
CREATE TRIGGER rollbacks_kept BEFORE DELETE OR TRUNCATE ON backstep.rollbacks
FOR EACH STATEMENT EXECUTE FUNCTION backstep.refuse_removal();
--> statement-breakpoint
CREATE TRIGGER rollback_steps_kept BEFORE TRUNCATE ON backstep.rollback_steps
FOR EACH STATEMENT EXECUTE FUNCTION backstep.refuse_removal();
--> statement-breakpoint
CREATE TRIGGER runs_kept BEFORE DELETE OR TRUNCATE ON backstep.runs
FOR EACH STATEMENT EXECUTE FUNCTION backstep.refuse_removal();
--> statement-breakpoint
CREATE TRIGGER fences_kept BEFORE DELETE OR TRUNCATE ON backstep.fences
FOR EACH STATEMENT EXECUTE FUNCTION backstep.refuse_removal();
--> statement-breakpoint
CREATE TRIGGER rescues_kept BEFORE DELETE OR TRUNCATE ON backstep.rescues
FOR EACH STATEMENT EXECUTE FUNCTION backstep.refuse_removal();
--> statement-breakpoint
CREATE FUNCTION backstep.check_rollback_begin() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> 'draft' OR NEW.steps_done <> 0 OR NEW.outcome IS NOT NULL THEN
    RAISE EXCEPTION 'a rollback begins as a draft with nothing done, not as % with % done', NEW.status, NEW.steps_done
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER rollbacks_check_begin BEFORE INSERT ON backstep.rollbacks
FOR EACH ROW EXECUTE FUNCTION backstep.check_rollback_begin();
--> statement-breakpoint
-- Only for statements that name one of the columns: comparing a large plan for each event would be slow.
CREATE FUNCTION backstep.check_rollback_pin() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.target, NEW.environment, NEW.requested_by, NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.target, OLD.environment, OLD.requested_by, OLD.created_at) THEN
    RAISE EXCEPTION 'rollback %: what it is of, and who asked for it, stays', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  IF (OLD.status <> 'draft' OR NEW.status <> 'draft')
     AND (NEW.plan_digest IS DISTINCT FROM OLD.plan_digest
       OR NEW.steps_total IS DISTINCT FROM OLD.steps_total
       OR NEW.reason IS DISTINCT FROM OLD.reason
       OR NEW.incident IS DISTINCT FROM OLD.incident
       OR NEW.plan IS DISTINCT FROM OLD.plan) THEN
    RAISE EXCEPTION 'rollback %: the plan and its reason are pinned, its status is %', OLD.id, OLD.status
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER rollbacks_check_pin
BEFORE UPDATE OF id, target, environment, requested_by, created_at, plan, plan_digest, steps_total, reason, incident
ON backstep.rollbacks
FOR EACH ROW EXECUTE FUNCTION backstep.check_rollback_pin();
--> statement-breakpoint
CREATE FUNCTION backstep.check_rollback_progress() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  committed integer;
  beyond boolean;
BEGIN
  IF NEW.steps_done < OLD.steps_done THEN
    RAISE EXCEPTION 'rollback %: % steps are done, which can''t become %', OLD.id, OLD.steps_done, NEW.steps_done
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.steps_done <> OLD.steps_done AND OLD.status NOT IN ('running', 'unknown') THEN
    RAISE EXCEPTION 'rollback %: no step is done while its status is %', OLD.id, OLD.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = OLD.status OR OLD.status NOT IN ('running', 'unknown') THEN
    RETURN NEW;
  END IF;
  SELECT count(*), coalesce(bool_or(s.position >= NEW.steps_done), false) INTO committed, beyond
  FROM backstep.rollback_steps s
  WHERE s.rollback_id = NEW.id AND s.status = 'committed';
  IF committed <> NEW.steps_done OR beyond THEN
    RAISE EXCEPTION 'rollback %: % of its steps are committed, yet % are counted as done', NEW.id, committed, NEW.steps_done
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = 'succeeded' AND NEW.steps_done <> NEW.steps_total THEN
    RAISE EXCEPTION 'rollback %: % of % steps are no success', NEW.id, NEW.steps_done, NEW.steps_total
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status IN ('succeeded', 'stopped') AND EXISTS (
    SELECT FROM backstep.runs r WHERE r.rollback_id = NEW.id AND r.state <> 'finished'
  ) THEN
    RAISE EXCEPTION 'rollback %: its run has not ended', NEW.id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER rollbacks_check_progress BEFORE UPDATE OF status, steps_done ON backstep.rollbacks
FOR EACH ROW EXECUTE FUNCTION backstep.check_rollback_progress();
--> statement-breakpoint
CREATE FUNCTION backstep.check_run_begin() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'queued' OR NEW.epoch <> 0 OR NEW.finished_at IS NOT NULL THEN
    RAISE EXCEPTION 'a run begins in the queue with epoch 0, not as % with epoch %', NEW.state, NEW.epoch
      USING ERRCODE = 'check_violation';
  END IF;
  IF NOT EXISTS (SELECT FROM backstep.rollbacks b WHERE b.id = NEW.rollback_id AND b.status = 'running') THEN
    RAISE EXCEPTION 'rollback % is not running: it can''t have a new run', NEW.rollback_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER runs_check_begin BEFORE INSERT ON backstep.runs
FOR EACH ROW EXECUTE FUNCTION backstep.check_run_begin();
--> statement-breakpoint
CREATE FUNCTION backstep.check_run_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'finished' THEN
    RAISE EXCEPTION 'run %: it has finished, and nothing about it changes any more', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state <> OLD.state AND NOT EXISTS (
    SELECT FROM backstep.run_state_changes c
    WHERE c.from_state = OLD.state AND c.to_state = NEW.state
  ) THEN
    RAISE EXCEPTION 'run %: state % does not follow %', OLD.id, NEW.state, OLD.state
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.epoch < OLD.epoch OR (NEW.state = 'running' AND NEW.epoch = 0) THEN
    RAISE EXCEPTION 'run %: epoch % does not follow %', OLD.id, NEW.epoch, OLD.epoch
      USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.id, NEW.rollback_id, NEW.number, NEW.requested_by, NEW.requested_at, NEW.all_or_nothing, NEW.rescue)
     IS DISTINCT FROM (OLD.id, OLD.rollback_id, OLD.number, OLD.requested_by, OLD.requested_at, OLD.all_or_nothing, OLD.rescue) THEN
    RAISE EXCEPTION 'run %: what was asked for stays', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  IF (OLD.stop_requested_by IS NOT NULL AND NEW.stop_requested_by IS NULL)
     OR (OLD.cancel_requested_by IS NOT NULL AND NEW.cancel_requested_by IS NULL) THEN
    RAISE EXCEPTION 'run %: a stop that was asked for is not taken back', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.state = 'finished') <> (NEW.finished_at IS NOT NULL) THEN
    RAISE EXCEPTION 'run %: a run has an end when it has finished, and only then', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER runs_check_change BEFORE UPDATE ON backstep.runs
FOR EACH ROW EXECUTE FUNCTION backstep.check_run_change();
--> statement-breakpoint
-- As partsOf in core/parts.ts counts them: statements of one transaction together, each other one
-- alone, and a transaction at the end.
CREATE FUNCTION backstep.parts_of_step(of_rollback integer, of_position integer) RETURNS integer
LANGUAGE sql STABLE AS $$
  WITH statements AS (
    SELECT ord, coalesce((value ->> 'transactional')::boolean, true) AS transactional
    FROM backstep.rollbacks b,
      jsonb_array_elements(b.plan #> ARRAY['steps', of_position::text, 'statements'])
        WITH ORDINALITY AS s(value, ord)
    WHERE b.id = of_rollback
  ), beside AS (
    SELECT ord, transactional,
      lag(transactional) OVER (ORDER BY ord) AS before,
      lead(ord) OVER (ORDER BY ord) IS NULL AS last
    FROM statements
  )
  SELECT (count(*) FILTER (WHERE NOT transactional OR before IS NOT TRUE)
    + CASE WHEN coalesce(bool_or(last AND transactional), false) THEN 0 ELSE 1 END)::integer
  FROM beside
$$;
--> statement-breakpoint
CREATE FUNCTION backstep.check_step_pin() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  step backstep.rollback_steps := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  IF NOT EXISTS (SELECT FROM backstep.rollbacks b WHERE b.id = step.rollback_id AND b.status = 'draft') THEN
    RAISE EXCEPTION 'rollback %: its steps are pinned', step.rollback_id
      USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF NEW.status <> 'pending' OR NEW.parts_done <> 0 OR NEW.xid IS NOT NULL OR NEW.intent_part IS NOT NULL THEN
    RAISE EXCEPTION 'step % of rollback % begins as pending', NEW.position, NEW.rollback_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER rollback_steps_check_pin BEFORE INSERT OR DELETE ON backstep.rollback_steps
FOR EACH ROW EXECUTE FUNCTION backstep.check_step_pin();
--> statement-breakpoint
CREATE FUNCTION backstep.check_step_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.rollback_id, NEW.position, NEW.tag) IS DISTINCT FROM (OLD.rollback_id, OLD.position, OLD.tag) THEN
    RAISE EXCEPTION 'step % of rollback %: what it is stays', OLD.position, OLD.rollback_id
      USING ERRCODE = 'check_violation';
  END IF;
  -- What was found out about the schema afterwards is told later, and by whoever settles the run.
  IF (NEW.status, NEW.parts_done, NEW.xid, NEW.intent_part)
     IS NOT DISTINCT FROM (OLD.status, OLD.parts_done, OLD.xid, OLD.intent_part) THEN
    RETURN NEW;
  END IF;
  IF OLD.status = 'committed' THEN
    RAISE EXCEPTION 'step % of rollback % is committed, which is final', OLD.position, OLD.rollback_id
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status <> OLD.status AND NOT EXISTS (
    SELECT FROM backstep.step_status_changes c
    WHERE c.from_status = OLD.status AND c.to_status = NEW.status
  ) THEN
    RAISE EXCEPTION 'step % of rollback %: status % does not follow %', OLD.position, OLD.rollback_id, NEW.status, OLD.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF NOT EXISTS (
    SELECT FROM backstep.rollbacks b WHERE b.id = NEW.rollback_id AND b.status IN ('running', 'unknown')
  ) THEN
    RAISE EXCEPTION 'step % of rollback %: nothing is running', NEW.position, NEW.rollback_id
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status <> OLD.status
     AND (NEW.status = 'committed' AND NEW.xid IS NULL
       OR NEW.status = 'committing' AND NEW.xid IS NULL AND NEW.intent_part IS NULL) THEN
    RAISE EXCEPTION 'step % of rollback % is % without a record of what was sent', NEW.position, NEW.rollback_id, NEW.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.parts_done < OLD.parts_done THEN
    RAISE EXCEPTION 'step % of rollback %: % parts are in, which can''t become %', NEW.position, NEW.rollback_id, OLD.parts_done, NEW.parts_done
      USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.parts_done <> OLD.parts_done OR NEW.intent_part IS DISTINCT FROM OLD.intent_part)
     AND (NEW.parts_done > backstep.parts_of_step(NEW.rollback_id, NEW.position)
       OR NEW.intent_part >= backstep.parts_of_step(NEW.rollback_id, NEW.position)
       OR NEW.intent_part < 0) THEN
    RAISE EXCEPTION 'step % of rollback % has no part %', NEW.position, NEW.rollback_id, greatest(NEW.parts_done, NEW.intent_part)
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER rollback_steps_check_change BEFORE UPDATE ON backstep.rollback_steps
FOR EACH ROW EXECUTE FUNCTION backstep.check_step_change();
--> statement-breakpoint
CREATE FUNCTION backstep.check_fence() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.release_requested_at IS NULL) <> (NEW.release_requested_by IS NULL) OR NEW.refusals < 0 THEN
    RAISE EXCEPTION 'fence %: a release was asked for by somebody at some time, and refusals are counted from 0', NEW.id
      USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.rollback_id, NEW.target) IS DISTINCT FROM (OLD.id, OLD.rollback_id, OLD.target) THEN
    RAISE EXCEPTION 'fence %: what it guards stays', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.released_at IS NOT NULL AND NEW.released_at IS DISTINCT FROM OLD.released_at
     AND (NEW.released_at IS NOT NULL OR NEW.raised_at = OLD.raised_at) THEN
    RAISE EXCEPTION 'fence %: it was released, and is up again only when it is raised again', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER fences_check BEFORE INSERT OR UPDATE ON backstep.fences
FOR EACH ROW EXECUTE FUNCTION backstep.check_fence();
--> statement-breakpoint
CREATE FUNCTION backstep.check_rescue() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.prune_requested_at IS NULL) <> (NEW.prune_requested_by IS NULL) OR NEW.rows < 0 OR NEW.bytes < 0 THEN
    RAISE EXCEPTION 'rescue copy %: it is dropped at the wish of somebody at some time, and its size is counted from 0', NEW.id
      USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.rollback_id, NEW.target, NEW.position, NEW.statement_index, NEW.kind, NEW.subject, NEW.copy, NEW.rows, NEW.bytes, NEW.merge_sql, NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.rollback_id, OLD.target, OLD.position, OLD.statement_index, OLD.kind, OLD.subject, OLD.copy, OLD.rows, OLD.bytes, OLD.merge_sql, OLD.created_at) THEN
    RAISE EXCEPTION 'rescue copy %: what was copied stays', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.pruned_at IS NOT NULL AND NEW.pruned_at IS DISTINCT FROM OLD.pruned_at THEN
    RAISE EXCEPTION 'rescue copy %: it is gone, which is final', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER rescues_check BEFORE INSERT OR UPDATE ON backstep.rescues
FOR EACH ROW EXECUTE FUNCTION backstep.check_rescue();
