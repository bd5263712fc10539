--- migration
UPDATE t SET a = 1, a = 2 WHERE id = 1;
DELETE FROM k USING t WHERE k.t_id = t.id;
CREATE TABLE fresh (id int); TRUNCATE fresh;
UPDATE t SET a = 1 WHERE id > 1000;
UPDATE t SET a = 1 WHERE id IN (1, 2, 3);
UPDATE t SET a = 1 WHERE id = 1 OR a = 5;
DELETE FROM t WHERE id IS NOT NULL;
MERGE INTO t USING p ON t.id = p.id WHEN MATCHED THEN UPDATE SET b = p.name;
WITH d AS (DELETE FROM t RETURNING *) SELECT count(*) FROM d;
