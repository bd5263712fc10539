-- A new nullable column that follows the old one; semicolons in comments; are harmless.
DO $planner$
BEGIN
  PERFORM set_config('lock_timeout', '2s', true);
  CREATE SCHEMA IF NOT EXISTS planner;
  ALTER TABLE public."User" ADD COLUMN "fullName" TEXT;
  CREATE FUNCTION planner.mirror_user_fullname() RETURNS trigger LANGUAGE plpgsql AS $mirror$
  BEGIN
    NEW."fullName" := NEW.name;
    RETURN NEW;
  END $mirror$;
  CREATE TRIGGER zzz_planner_mirror BEFORE INSERT OR UPDATE ON public."User" FOR EACH ROW
    WHEN (ROW(NEW.name)::record *<> ROW(NEW."fullName")::record) EXECUTE FUNCTION planner.mirror_user_fullname();
  ALTER TABLE public."User" ADD CONSTRAINT planner_sync_user_fullname
    CHECK (ROW("fullName")::record *= ROW(name)::record) NOT VALID;
END $planner$;
