-- migrate:up
CREATE TABLE devices_1 PARTITION OF devices FOR VALUES FROM (0) TO (1000);
CREATE TABLE devices_2 PARTITION OF devices FOR VALUES FROM (1000) TO (2000) PARTITION BY HASH (address);
CREATE TABLE devices_2_0 PARTITION OF devices_2 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE devices_rest PARTITION OF devices DEFAULT;
CREATE INDEX devices_seen ON devices (seen);
ALTER TABLE devices ADD CONSTRAINT devices_sane CHECK (id >= 0);

-- migrate:down
DROP TABLE devices_1, devices_2, devices_rest;
