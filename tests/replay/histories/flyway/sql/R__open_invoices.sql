CREATE OR REPLACE VIEW billing.open_invoices AS
  SELECT i.id, i.number, sum(length(l.text)) AS size FROM billing.invoice i LEFT JOIN billing.line l ON l.invoice_id = i.id
  WHERE i.state <> 'paid' GROUP BY i.id;
