DO $planner$
BEGIN
  PERFORM set_config('lock_timeout', '2s', true);
  DROP TRIGGER zzz_planner_mirror ON public."User";
  DROP FUNCTION planner.mirror_user_fullname();
  ALTER TABLE public."User" DROP COLUMN name;
  DROP SCHEMA planner;
END $planner$;
