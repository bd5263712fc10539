CREATE TABLE entries (id bigserial, account_id int REFERENCES accounts, amount bigint, at timestamptz DEFAULT current_timestamp);
ALTER TABLE entries ADD PRIMARY KEY (id), ADD CHECK (amount <> 0) NOT VALID, ALTER COLUMN account_id SET NOT NULL;
CREATE RULE entries_stay AS ON DELETE TO entries DO INSTEAD NOTHING;
