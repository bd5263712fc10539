CREATE TABLE billing.line (
  invoice_id bigint REFERENCES billing.invoice ON DELETE CASCADE,
  position int,
  text text,
  PRIMARY KEY (invoice_id, position)
);
CREATE INDEX ON billing.line (text varchar_pattern_ops);
