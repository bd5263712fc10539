-- PostgreSQL proves the backfill; from here on either column may be written.
DO $planner$
BEGIN
  ALTER TABLE public."User" VALIDATE CONSTRAINT planner_sync_user_fullname;
  CREATE OR REPLACE FUNCTION planner.mirror_user_fullname() RETURNS trigger LANGUAGE plpgsql AS $mirror$
  BEGIN
    IF TG_OP = 'INSERT' THEN
      IF NEW."fullName" IS NULL THEN NEW."fullName" := NEW.name; ELSE NEW.name := NEW."fullName"; END IF;
    ELSIF ROW(NEW."fullName")::record *<> ROW(OLD."fullName")::record THEN
      NEW.name := NEW."fullName";
    ELSE
      NEW."fullName" := NEW.name;
    END IF;
    RETURN NEW;
  END $mirror$;
END $planner$;
