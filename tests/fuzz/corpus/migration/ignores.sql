CREATE TABLE t (a int);
--- migration
-- planner:ignore-file lock-timeout the role sets it
-- planner:ignore drop-table nobody reads it
DROP TABLE t;
-- planner:ignore nothing-like-it
/* planner:ignore rename-table */ SELECT 1;
