CREATE SCHEMA billing;
CREATE TYPE billing.state AS ENUM ('open', 'paid');
CREATE TABLE billing.invoice (
  id bigserial PRIMARY KEY,
  number varchar(20) NOT NULL UNIQUE,
  state billing.state NOT NULL DEFAULT 'open',
  amount numeric(12, 2) CHECK (amount >= 0),
  created_at timestamptz NOT NULL DEFAULT now()
);
