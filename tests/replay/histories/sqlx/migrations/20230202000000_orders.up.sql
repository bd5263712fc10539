CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer uuid NOT NULL REFERENCES customers,
  total numeric NOT NULL DEFAULT 0,
  doubled numeric GENERATED ALWAYS AS (total * 2) STORED
);
ALTER TABLE customers RENAME COLUMN name TO full_name;
