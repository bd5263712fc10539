--- migration
ALTER TABLE t ADD COLUMN aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg int;
CREATE TABLE "Fresh" (id bigint PRIMARY KEY);
CREATE TABLE fresh (id bigint PRIMARY KEY);
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
