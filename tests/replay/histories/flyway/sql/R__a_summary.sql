CREATE OR REPLACE VIEW billing.summary AS SELECT state, count(*) AS invoices, max(paid_at) AS latest FROM billing.invoice GROUP BY state;
