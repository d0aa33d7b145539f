ALTER TABLE "backstep"."restores" ADD COLUMN "way" text DEFAULT 'beside' NOT NULL;--> statement-breakpoint
ALTER TABLE "backstep"."restores" ADD COLUMN "schemas" jsonb;--> statement-breakpoint
ALTER TABLE "backstep"."restores" ADD COLUMN "safety_backup_id" integer;--> statement-breakpoint
ALTER TABLE "backstep"."restores" ADD CONSTRAINT "restores_safety_backup_id_backups_id_fk" FOREIGN KEY ("safety_backup_id") REFERENCES "backstep"."backups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backstep"."restores" ADD CONSTRAINT "restores_way_check" CHECK ("backstep"."restores"."way" in ('beside', 'in_place'));
--> statement-breakpoint
CREATE OR REPLACE FUNCTION backstep.check_restore_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status AND NOT EXISTS (
    SELECT FROM backstep.restore_status_changes c
    WHERE c.from_status = OLD.status AND c.to_status = NEW.status
  ) THEN
    RAISE EXCEPTION 'restore %: status % does not follow %', OLD.id, NEW.status, OLD.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.id, NEW.target, NEW.environment, NEW.backup_id, NEW.way, NEW.reason, NEW.incident, NEW.requested_by, NEW.created_at, NEW.present_database, NEW.present_oid, NEW.system_identifier)
     IS DISTINCT FROM (OLD.id, OLD.target, OLD.environment, OLD.backup_id, OLD.way, OLD.reason, OLD.incident, OLD.requested_by, OLD.created_at, OLD.present_database, OLD.present_oid, OLD.system_identifier) THEN
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
  IF NEW.schemas IS DISTINCT FROM OLD.schemas AND OLD.status <> 'restoring' THEN
    RAISE EXCEPTION 'restore %: which schemas were restored stays, its status is %', OLD.id, OLD.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.way = 'beside' AND NEW.schemas IS NOT NULL
     OR NEW.way = 'in_place' AND (NEW.new_oid IS NOT NULL OR NEW.new_database IS NOT NULL OR NEW.former_database IS NOT NULL) THEN
    RAISE EXCEPTION 'restore %: a restore in place moves schemas, and one beside a database', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.way = 'in_place' AND NEW.status = 'swapping' AND NEW.safety_backup_id IS NULL THEN
    RAISE EXCEPTION 'restore %: a swap in place needs a backup of the present state', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status IN ('restored', 'awaiting_approval', 'approved', 'swapping', 'swapped', 'swapping_back', 'swapped_back')
     AND (coalesce(NEW.new_oid::text, NEW.schemas::text) IS NULL OR NEW.digest IS NULL OR NEW.evidence IS NULL) THEN
    RAISE EXCEPTION 'restore %: nothing was restored, so it is not %', OLD.id, NEW.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status IN ('swapped', 'swapped_back')
     AND (NEW.way = 'beside' AND NEW.former_database IS NULL OR NEW.swapped_at IS NULL OR NEW.keep_until IS NULL) THEN
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
