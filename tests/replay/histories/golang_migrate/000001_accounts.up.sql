BEGIN;
CREATE TABLE accounts (id serial PRIMARY KEY, owner text NOT NULL, balance bigint NOT NULL CHECK (balance > 0), CONSTRAINT one_each UNIQUE (owner));
COMMENT ON TABLE accounts IS 'who owns what';
COMMIT;
