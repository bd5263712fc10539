-- The objects that the statements of facts/operations.tsv were measured on, as far as those statements tell.
CREATE SCHEMA other;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN dplain AS text;
CREATE DOMAIN dchk AS int CHECK (VALUE > 0);
CREATE DOMAIN dnn AS int NOT NULL;
CREATE FUNCTION fvol() RETURNS int LANGUAGE sql VOLATILE AS 'select 1';
CREATE FUNCTION fdef() RETURNS int LANGUAGE sql AS 'select 1';
CREATE FUNCTION fstab() RETURNS int LANGUAGE sql STABLE AS 'select 1';
CREATE FUNCTION fimm() RETURNS int LANGUAGE sql IMMUTABLE AS 'select 1';
CREATE FUNCTION pvol() RETURNS int LANGUAGE plpgsql VOLATILE AS 'begin return 1; end';
CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';
CREATE SEQUENCE sq;
CREATE TABLE parent (id bigint PRIMARY KEY, code text UNIQUE, nopk bigint);
CREATE TABLE t (
  id int PRIMARY KEY, a int, b text, v varchar(20), ch char(5), n numeric(10, 2), nu numeric, bi bigint, o oid, f real,
  ts timestamp, tz timestamptz, ts3 timestamp(3), iv interval(3), vb varbit(8), bt bit(8), ci cidr, jb jsonb, j json,
  en mood, u uuid, bo boolean, dc dchk, dom dplain, ia int[], vn varchar, nn int NOT NULL, parent_id bigint,
  gen int GENERATED ALWAYS AS IDENTITY);
CREATE TABLE child (id int PRIMARY KEY, parent_id bigint REFERENCES parent (id), t_id int REFERENCES t (id));
CREATE TABLE e (id int, a int);
CREATE TABLE nopk (id int, a int);
CREATE TABLE st (id int PRIMARY KEY, a int);
CREATE TABLE idx (id int PRIMARY KEY, a int, b text, v varchar(20), ts timestamp, CHECK (v <> ''));
CREATE INDEX idx_a ON idx (a);
CREATE INDEX idx_b ON idx (b);
CREATE INDEX idx_v ON idx (v);
CREATE INDEX idx_ts ON idx (ts);
CREATE INDEX idx_a_id ON idx (a, id);
CREATE INDEX idx_a_hash ON idx USING hash (a);
CREATE INDEX idx_a_brin ON idx USING brin (a);
CREATE TABLE pt (id int, k int NOT NULL) PARTITION BY RANGE (k);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES FROM (0) TO (100);
CREATE TABLE pt2 PARTITION OF pt FOR VALUES FROM (100) TO (200);
CREATE TABLE ptd (id int, k int NOT NULL) PARTITION BY RANGE (k);
CREATE TABLE ptd_def PARTITION OF ptd DEFAULT;
CREATE TABLE ptn (id int, k int NOT NULL);
CREATE VIEW tv AS SELECT id, b FROM t;
CREATE MATERIALIZED VIEW mv AS SELECT id, b FROM t;
CREATE UNIQUE INDEX mv_id ON mv (id);
