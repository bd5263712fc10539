--- migration
ALTER TABLE nobody_knows ALTER COLUMN a TYPE bigint;
ALTER TABLE t ALTER COLUMN c TYPE text;
ALTER TABLE t ALTER COLUMN c TYPE varchar(10);
ALTER TABLE t ALTER COLUMN ts TYPE timestamptz USING ts AT TIME ZONE 'UTC';
SET LOCAL timezone = 'UTC'; ALTER TABLE t ALTER COLUMN ts TYPE timestamptz;
SET LOCAL timezone = 'UTC'; ALTER TABLE t ALTER COLUMN ts TYPE timestamptz;
SET LOCAL timezone = 'UTC'; ALTER TABLE t ALTER COLUMN indexed_ts TYPE timestamptz;
SET timezone = 'Europe/Berlin'; ALTER TABLE t ALTER COLUMN ts TYPE timestamptz;
ALTER TABLE t ALTER COLUMN indexed TYPE varchar(20) COLLATE "C";
ALTER TABLE t ALTER COLUMN checked TYPE varchar(40);
ALTER TABLE k ALTER COLUMN t_id TYPE bigint;
ALTER TABLE t ALTER COLUMN viewed TYPE text;
