DO $planner$
BEGIN
  PERFORM set_config('lock_timeout', '2s', true);
  ALTER TABLE public."User" ADD CONSTRAINT planner_nn CHECK ("fullName" IS NOT NULL) NOT VALID;
  ALTER TABLE public."User" VALIDATE CONSTRAINT planner_nn;
  ALTER TABLE public."User" ALTER COLUMN "fullName" SET NOT NULL;
  ALTER TABLE public."User" DROP CONSTRAINT planner_nn;
END $planner$;
