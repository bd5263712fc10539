--- migration
SET LOCAL lock_timeout = '2s';
SET LOCAL lock_timeout = '2s'; ALTER TABLE t ADD COLUMN x int;
SET LOCAL lock_timeout = '2s'; ALTER TABLE t ADD COLUMN x int;
DO $$ BEGIN COMMIT; END $$;
SELECT 1; DO $$ BEGIN COMMIT; END $$;
DO $$ BEGIN ALTER TABLE t ALTER COLUMN a SET NOT NULL; END $$;
DO $$ BEGIN EXECUTE 'ALTER TABLE ' || 't' || ' ADD x int'; END $$;
DO $$ DECLARE r record; BEGIN FOR r IN SELECT tablename FROM pg_tables LOOP EXECUTE format('ALTER TABLE %I ADD x int', r.tablename); END LOOP; END $$;
ALTER TABLE t ADD COLUMN x int; ALTER TABLE t ADD COLUMN y int;
BEGIN; SET LOCAL lock_timeout = '2s'; ALTER TABLE t ADD COLUMN x int; COMMIT;
ALTER TABLE t ADD COLUMN x int; ALTER TABLE p ADD COLUMN y int; ALTER TABLE loose ADD COLUMN z int;
