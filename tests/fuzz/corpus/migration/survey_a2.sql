--- migration
ALTER TABLE t ADD COLUMN x int NOT NULL DEFAULT (1 + 2);
ALTER TABLE t ADD COLUMN x text NOT NULL DEFAULT '';
ALTER TABLE t ADD COLUMN x float DEFAULT random();
ALTER TABLE t ADD COLUMN x timestamptz DEFAULT clock_timestamp();
ALTER TABLE t ADD COLUMN x uuid DEFAULT gen_random_uuid();
ALTER TABLE t ADD COLUMN x uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE t ADD COLUMN x int DEFAULT nextval('free_seq');
ALTER TABLE t ADD COLUMN x text DEFAULT timeofday();
ALTER TABLE t ADD COLUMN x text DEFAULT md5(random()::text);
CREATE TABLE fresh (id int); ALTER TABLE fresh ADD COLUMN x uuid DEFAULT gen_random_uuid();
ALTER TABLE t ADD COLUMN x uuid DEFAULT gen_random_uuid();
ALTER TABLE t ADD COLUMN x uuid DEFAULT uuidv7();
