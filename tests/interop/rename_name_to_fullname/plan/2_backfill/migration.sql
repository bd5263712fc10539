-- Batches that commit one by one.
DO $planner$
DECLARE
  done integer := 0;
  last integer := (SELECT coalesce(max(id), 0) FROM public."User");
BEGIN
  WHILE done < last LOOP
    PERFORM set_config('lock_timeout', '2s', true);
    UPDATE public."User" SET "fullName" = name
      WHERE id > done AND id <= done + 100 AND ROW("fullName")::record *<> ROW(name)::record;
    done := done + 100;
    COMMIT;
  END LOOP;
END $planner$;
