--- migration
ALTER TABLE t ADD COLUMN x int; ALTER TABLE t ADD COLUMN IF NOT EXISTS y int;
CREATE TABLE IF NOT EXISTS p (id int PRIMARY KEY, name text, extra text);
